"""Pictures for the notebooks: `plot_*` draw arrays, `show_*` draw a model or its view of images.

Each function returns a display: it holds the figure and its artists, and a notebook shows it, with
its alternative text, as the last line of a cell. Elsewhere in a cell, use ``display(...)``.

images.py              plot_images, plot_class_examples, plot_class_means
class_distribution.py  plot_class_distribution
confusion_matrix.py    plot_confusion_matrix
history.py             plot_training_history
comparison.py          plot_model_comparison
search.py              plot_search
filters.py             show_filters: the weights of the first convolution
feature_maps.py        show_feature_maps: a layer's response to an image
attributions.py        show_attributions, saliency, grad_cam: what a class's score depends on
embedding.py           show_embedding, hidden_features: images as points in a plane
augmentation.py        show_augmentation: images and their augmented variants
figure.py              the base of all displays, and the picture that a notebook shows
tiles.py               the base of displays of many small pictures
layer_io.py            find a layer, and capture its input and output
model_inputs.py        checks of models, images and labels
"""
