"""Display objects for the notebooks: arrays in, a described Matplotlib figure out.

figure.py      the figure that carries alternative text, and what all displays share
history.py     plot_training_history
images.py      plot_images, plot_class_examples, plot_class_means
classes.py     plot_class_distribution, plot_confusion_matrix
comparison.py  plot_model_comparison
"""

from cnn_utils.plots.classes import (
    ClassDistributionDisplay,
    ConfusionMatrixDisplay,
    plot_class_distribution,
    plot_confusion_matrix,
)
from cnn_utils.plots.comparison import ModelComparisonDisplay, plot_model_comparison
from cnn_utils.plots.history import TrainingHistoryDisplay, plot_training_history
from cnn_utils.plots.images import (
    ImageGridDisplay,
    plot_class_examples,
    plot_class_means,
    plot_images,
)

__all__ = [
    "ClassDistributionDisplay",
    "ConfusionMatrixDisplay",
    "ImageGridDisplay",
    "ModelComparisonDisplay",
    "TrainingHistoryDisplay",
    "plot_class_distribution",
    "plot_class_examples",
    "plot_class_means",
    "plot_confusion_matrix",
    "plot_images",
    "plot_model_comparison",
    "plot_training_history",
]
