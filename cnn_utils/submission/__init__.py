"""The leaderboard's file: write predictions as `submission.csv`, and check such a file."""

from cnn_utils.submission.export import export_submission
from cnn_utils.submission.validate import validate_submission

__all__ = ["export_submission", "validate_submission"]
