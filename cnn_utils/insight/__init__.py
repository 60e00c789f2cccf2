"""What the network sees: models and images in, a picture or an array out; models stay as they are.

filters.py       show_filters: the weights of the first convolution
feature_maps.py  show_feature_maps: what a layer makes of an image
gradients.py     saliency, grad_cam: which pixels and regions a class's score depends on
evidence.py      show_evidence: both of them below the images
augmentation.py  show_augmentation: images and what augmentation makes of them
embedding.py     hidden_features, show_embedding: images as points in a plane
inputs.py        checks of models, images and labels
network.py       find a layer, and hear what it receives and returns
"""

from cnn_utils.insight.augmentation import show_augmentation
from cnn_utils.insight.embedding import hidden_features, show_embedding
from cnn_utils.insight.evidence import show_evidence
from cnn_utils.insight.feature_maps import show_feature_maps
from cnn_utils.insight.filters import show_filters
from cnn_utils.plots.gradients import grad_cam, saliency

__all__ = [
    "grad_cam",
    "hidden_features",
    "saliency",
    "show_augmentation",
    "show_embedding",
    "show_evidence",
    "show_feature_maps",
    "show_filters",
]
