"""Display objects for the notebooks: arrays in, a described Matplotlib figure out.

figure.py        the figure that carries alternative text, and what all displays share
history.py       plot_training_history
images.py        plot_images, plot_class_examples, plot_class_means
classes.py       plot_class_distribution, plot_confusion_matrix
comparison.py    plot_model_comparison
filters.py       plot_filters
feature_maps.py  plot_feature_maps
evidence.py      plot_evidence
augmentation.py  plot_augmentation
embedding.py     plot_embedding
search.py        plot_search
"""

from cnn_utils.plots.augmentation import AugmentationDisplay, plot_augmentation
from cnn_utils.plots.classes import (
    ClassDistributionDisplay,
    ConfusionMatrixDisplay,
    plot_class_distribution,
    plot_confusion_matrix,
)
from cnn_utils.plots.comparison import ModelComparisonDisplay, plot_model_comparison
from cnn_utils.plots.embedding import EmbeddingDisplay, plot_embedding
from cnn_utils.plots.evidence import EvidenceDisplay, plot_evidence
from cnn_utils.plots.feature_maps import FeatureMapsDisplay, plot_feature_maps
from cnn_utils.plots.filters import FiltersDisplay, plot_filters
from cnn_utils.plots.history import TrainingHistoryDisplay, plot_training_history
from cnn_utils.plots.images import (
    ImageGridDisplay,
    plot_class_examples,
    plot_class_means,
    plot_images,
)
from cnn_utils.plots.search import SearchDisplay, plot_search

__all__ = [
    "AugmentationDisplay",
    "ClassDistributionDisplay",
    "ConfusionMatrixDisplay",
    "EmbeddingDisplay",
    "EvidenceDisplay",
    "FeatureMapsDisplay",
    "FiltersDisplay",
    "ImageGridDisplay",
    "ModelComparisonDisplay",
    "SearchDisplay",
    "TrainingHistoryDisplay",
    "plot_augmentation",
    "plot_class_distribution",
    "plot_class_examples",
    "plot_class_means",
    "plot_confusion_matrix",
    "plot_embedding",
    "plot_evidence",
    "plot_feature_maps",
    "plot_filters",
    "plot_images",
    "plot_model_comparison",
    "plot_search",
    "plot_training_history",
]
