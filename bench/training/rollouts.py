"""The table of diagnoses: causes planted in rollouts, and what `diagnose_rollout` names."""

from collections import Counter

from bench.training import options

CASES = {
    "temperature": (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.05, 1.1, 1.25, 1.5, 2.0),
    "truncated sampling": (*(("top_k", k) for k in (5, 20, 50, 100)), *(("top_p", p) for p in (0.8, 0.9, 0.95, 0.99))),
    "stale weights": (0.03, 0.1, 0.3),
    "precision": ("product", "logits"),
    "none": (None,),
}
ROWS, STEPS, UNEQUAL, SEEDS = (8, 64), 40, (0.0, 0.3, 1.0), 14


def rollouts() -> str:
    """The table."""
    from bench.training.planted import planted  # noqa: PLC0415 - the other parts need no torch
    from kullback.nn import diagnose_rollout  # noqa: PLC0415

    chosen = options.read()
    seeds = chosen.repeats or (1 if chosen.quick else SEEDS)
    names = (*CASES, "unclear")
    lines = [f"| planted | {' | '.join(f'named {name}' for name in names)} |", "|---" * (len(names) + 1) + "|"]
    for cause, settings in CASES.items():
        found: Counter[str] = Counter()
        for setting in settings:
            for rows in ROWS:
                for unequal in UNEQUAL:
                    for seed in range(1000, 1000 + seeds):
                        sides = planted(cause, setting, seed=seed, rows=rows, steps=STEPS, unequal=unequal)
                        found[diagnose_rollout(*sides).cause] += 1
        lines.append(f"| {cause} | {' | '.join(str(found[name]) for name in names)} |")
    head = (
        f"Rollouts of {ROWS[0] * STEPS} and {ROWS[1] * STEPS} tokens of a language-like policy, its states equally "
        f"certain or not (3 levels), {seeds} of each; the thresholds were chosen on other rollouts."
    )
    return f"{head}\n\n" + "\n".join(lines)
