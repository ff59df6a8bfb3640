"""Recommendations whose categories keep the proportions of a person's own history."""

from kullback.decisions.recommenders._calibration import CalibrationGap, calibration_gap, category_profile
from kullback.decisions.recommenders._ranking import CalibratedRanking, calibrated_ranking

__all__ = ["CalibratedRanking", "CalibrationGap", "calibrated_ranking", "calibration_gap", "category_profile"]
