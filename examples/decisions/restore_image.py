"""Judge restored images without the original beside each pixel: do they have its levels, and do they look like it?

Noise is added to a photograph and taken out by three filters. The histogram divergence sees levels only (a picture
with shuffled pixels is perfect to it), the patch divergence sees texture; the error of the pixels sees neither.

    python examples/decisions/restore_image.py [--quick] [--output restore_image.png]
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
from scipy import ndimage
from sklearn.datasets import load_sample_image

from kullback import decisions

mpl.use("Agg")
from matplotlib import pyplot as plt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller piece of the photograph")
    parser.add_argument("--output", type=Path, default=Path("restore_image.png"))
    options = parser.parse_args()
    side = 200 if options.quick else 400
    photo = load_sample_image("china.jpg").astype(float).mean(axis=-1)[10 : 10 + side, 120 : 120 + side]
    rng = np.random.default_rng(0)
    noisy = np.clip(photo + rng.normal(0, 30, photo.shape), 0, 255)
    images = {
        "noisy": noisy,
        "mean of 5 × 5": ndimage.uniform_filter(noisy, 5),
        "median of 3 × 3": ndimage.median_filter(noisy, 3),
        "Gaussian, 1 pixel": ndimage.gaussian_filter(noisy, 1.0),
        "original, shuffled": rng.permutation(photo.ravel()).reshape(photo.shape),
    }
    print(f"{'':20}{'RMSE':>8}{'levels':>10}{'patches':>10}   [95 % interval]   D(restored‖original) in bits")
    rows = {}
    for name, image in images.items():
        levels = decisions.histogram_divergence(image, photo, limits=(0, 255), bins=64).bits
        patches = decisions.patch_divergence(image, photo, base=2, rng=0)
        error = float(np.sqrt(((image - photo) ** 2).mean()))
        rows[name] = (error, levels, patches)
        low, high = patches.interval
        print(f"{name:20}{error:8.1f}{levels:10.3f}{patches.value:10.3f}   [{low:.3f}, {high:.3f}]")

    figure, axes = plt.subplots(1, 6, figsize=(11, 2.25), layout="constrained")
    for axis, (name, image) in zip(axes, {"original": photo, **images}.items(), strict=True):
        axis.imshow(image[40:120, 40:120], cmap="gray", vmin=0, vmax=255)
        axis.set_axis_off()
        text = name
        if name in rows:
            error, levels, patches = rows[name]
            text = f"{name}\nRMSE {error:.0f}, levels {levels:.2f} bits\npatches {patches.value:.2f} bits"
        axis.set_title(text, fontsize=9)
    figure.savefig(options.output, dpi=64)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
