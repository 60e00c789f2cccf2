# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Part 2: Your own network on CIFAR-10
#
# Small colour photographs of ten kinds of things, and nobody tells you which network to use. Build
# one, train it, find out what it confuses, and hand in its predictions for 10,000 images whose
# labels you don't have. On your course's leaderboard two baselines wait: *BEAT ME*, and *SandvikNet*.
#
# Yours to do: fill in the table below, solve the cells that begin with `# task:`, give your reasons
# in task 2.3, and answer the questions of section 6.

# %% [markdown] task="group" kind="header"
# | | |
# |---|---|
# | **Group number** | 1 |
# | **Members** | The teaching staff |
# | **Group name** (optional) | Worked solution |

# %% [markdown]
# ## 1 Setup
#
# (`No module named 'cnn_utils'`? Then this is another Python: *Kernel, Change Kernel*.)

# %%
import cnn_utils

cnn_utils.show_versions()

# %%
import h5py
import keras
import numpy as np
from keras import layers

from cnn_utils import ImageBatches, pick, set_seed

# %% tags=["parameters"]
SEED = 458
EPOCHS = pick(full=10, quick=3)
N_IMAGES = pick(full=50_000, quick=3_750)
BATCH_SIZE = 32

set_seed(SEED)
print(f"{cnn_utils.profile()} profile: {N_IMAGES:,} images, {EPOCHS} epochs")

# %% [markdown]
# ## 2 Prepare the data
#
# The data comes as an HDF5 file: named arrays in one file, of which one can read just a part.

# %%
path = cnn_utils.cifar10_path()
with h5py.File(path, "r") as file:
    for name, array in file.items():
        print(f"{name:8} {array.shape!s:20} {array.dtype}  {array.nbytes / 1e6:.1f} MB")

# %% [markdown]
# 50,000 training images with labels, and 10,000 test images without. `load_cifar10` reads the same
# arrays, checks them, and knows the names of the classes.

# %%
data = cnn_utils.load_cifar10(path)
data

# %%
X_train, y_train = data["X_train"][:N_IMAGES], data["y_train"][:N_IMAGES]
class_names = data.class_names
print(", ".join(f"{label} {name}" for label, name in enumerate(class_names)))

# %% [markdown]
# ### Task 2.1: preprocessing
#
# Write `preprocess(images)`: `uint8` images in 0-255 become `float32` in [0, 1]. It must treat
# training, validation and test images alike, so it may not look at their minimum, maximum or mean.


# %% task="preprocess" points=5 defines=["preprocess"]
# task: preprocess
def preprocess(images):
    ### BEGIN SOLUTION
    return np.asarray(images, dtype="float32") / np.float32(255)
    ### END SOLUTION


# %% check="preprocess"
cnn_utils.check_preprocess(preprocess)

# %%
x = np.asarray(preprocess(X_train[:100]))
print(
    f"{x.shape} {x.dtype}, {x.min():.2f} to {x.max():.2f}; "
    f"all {len(X_train):,} would take {X_train.size * 4 / 1e6:.0f} MB"
)

# %% [markdown]
# That is four times what they take as `uint8`, and Keras would make a copy besides. So the images
# stay as they are, and `ImageBatches` preprocesses each batch just when the network needs it.

# %%
y_train_hot = keras.utils.to_categorical(y_train, 10)
print(class_names[y_train[0]], "becomes", y_train_hot[0])

# %% [markdown]
# The last fifth of the images is held out for validation. Those who made the data set shuffled it,
# so the last fifth is as good as any. The training images come in a new order in each epoch; where
# nothing is learned, larger batches are faster and change nothing else.

# %%
n_train = len(X_train) * 4 // 5
X_val, y_val = X_train[n_train:], y_train[n_train:]
train = ImageBatches(X_train[:n_train], y_train_hot[:n_train], preprocess, BATCH_SIZE, shuffle=True)
val = ImageBatches(X_val, y_train_hot[n_train:], preprocess, batch_size=256)
print(f"{len(train):,} batches to train on, {len(val)} to validate with")

# %% [markdown]
# ### Task 2.2: look at the data
#
# Before building anything, look: what do the images show, how many are there of each class, and
# what do the images of a class have in common? Keep your figure as `images_figure`.

# %% task="look" points=5 defines=["images_figure"]
# task: look
### BEGIN SOLUTION
images_figure = cnn_utils.plot_class_examples(X_train, y_train, class_names)
images_figure
### END SOLUTION

# %% check="look"
cnn_utils.check_images_figure(images_figure)

# %% [markdown]
# Six of each are soon seen. Page through all of them: how many cats can you tell from dogs?

# %%
cnn_utils.ImageBrowser(X_train, y_train, class_names=class_names)

# %%
cnn_utils.plot_class_distribution(y_train, class_names)

# %%
cnn_utils.plot_class_means(X_train, y_train, class_names)

# %% [markdown]
# The classes are (almost) equally frequent, so accuracy is a fair measure. The mean images are
# blurs: planes and ships stand before something blue, deer and horses on something green or brown.
# Colour and background give some classes away; shape has to do the rest.

# %% [markdown]
# ## 3 Build the model
#
# ### Task 2.3: your network, and the reasons for its parts
#
# Write `build_cnn()`. It returns a network of your own design, not yet compiled, that takes images
# of shape (32, 32, 3) in [0, 1] and gives ten probabilities. Below it, say why you chose its parts,
# and where the ideas come from.
#
# To begin with, a single block: two 3 x 3 convolutions and a pooling halve the image and look at
# 6 x 6 pixels of it at once. Watch the shapes.

# %%
x = keras.Input((32, 32, 3))
after_two = layers.Conv2D(32, 3, padding="same")(layers.Conv2D(32, 3, padding="same")(x))
after_two.shape, layers.MaxPooling2D(2)(after_two).shape


# %% task="cnn" points=15 defines=["build_cnn"] threshold=0.6
# task: cnn
def build_cnn():
    ### BEGIN SOLUTION
    model = keras.Sequential([keras.Input((32, 32, 3))], name="cnn")
    for filters in (32, 64, 128):  # 16x16x32, 8x8x64, 4x4x128
        for _ in range(2):
            model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
            model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.MaxPooling2D(2))
        model.add(layers.Dropout(0.2))
    model.add(layers.Flatten())  # 2048
    model.add(layers.Dense(1024, activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(10, activation="softmax"))
    return model
    ### END SOLUTION


# %%
build_cnn().summary()

# %% check="cnn"
cnn_utils.check_cnn(build_cnn)

# %% [markdown] task="cnn" kind="answer" points=10
# <!-- ### BEGIN SOLUTION -->
# | part | reason | from |
# |---|---|---|
# | two 3 x 3 convolutions per block | together they see 5 x 5 pixels, with fewer weights and one more ReLU than a 5 x 5 kernel | VGG, Simonyan & Zisserman 2015 |
# | twice the filters after each pooling | less place, more kinds of things to tell apart; the work per block stays alike | VGG |
# | batch normalisation | keeps each layer's input in one range, so that larger steps work and training is faster; momentum 0.9 because its moving averages, used on validation images, would need many more batches with Keras' 0.99 | Ioffe & Szegedy 2015 |
# | max pooling | a feature counts, its exact place does not; a quarter of the work for what follows | LeCun et al. 1998 (as averaging) |
# | dropout 0.2 and 0.5 | no unit can rely on a single other one: against overfitting, most where most weights are | Srivastava et al. 2014 |
# | dense 1024, softmax | puts the 4 x 4 x 128 features together into ten probabilities | LeNet |
#
# 2.1 of the 2.4 million parameters are the weights between the flattened features and the dense
# layer. Global average pooling instead would save nearly all of them.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ## 4 Train
#
# Categorical cross-entropy punishes sure mistakes hard, which helps when there are many. Keras has
# the macro F1 that you worked out in Part 1. `fast_training` lets the processor compute the same
# steps in less time. The curves grow while the network learns; if they tell you enough, press Stop:
# what was learned until then is kept, and the notebook goes on. `fit_cached` is `model.fit` with a
# memory: the same training is not repeated, and one that was cut short goes on at its last epoch.

# %%
model = build_cnn()
f1 = keras.metrics.F1Score(average="macro", name="f1")
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy", f1])
cnn_utils.fast_training(model)

# %%
monitor = cnn_utils.TrainingMonitor("The CIFAR-10 network")
options = {"validation_data": val, "verbose": 0, "callbacks": [monitor]}
history = cnn_utils.fit_cached(model, train, name="cifar10", epochs=EPOCHS, **options)
print(f"{history.seconds / len(history.epoch):.0f} s per epoch")

# %% [markdown]
# ## 5 Evaluate
#
# The test labels are withheld, so the held-out validation images have to tell how good the network
# is, and what it confuses. `cached(model.predict, val)` is `model.predict(val)`, but keeps the answers
# for the next time, as `fit_cached` keeps the training.

# %%
y_val_prob = cnn_utils.cached(model.predict, val, verbose=0)
y_val_pred = y_val_prob.argmax(axis=1)
val_accuracy, val_f1 = np.mean(y_val_pred == y_val), cnn_utils.f1_score(y_val, y_val_prob)
print(f"validation accuracy {val_accuracy:.4f}, macro F1 {val_f1:.4f} on {len(y_val):,} images")

# %% [markdown]
# The confusion matrix says which class is taken for which. Choose one of its cells: below it you see
# just those images, the surest answers first. What do the cats that pass for dogs have in common?

# %%
cnn_utils.ConfusionMatrixExplorer(y_val, y_val_prob, X_val, class_names)

# %% [markdown]
# And the images that cost most: their true class was given the smallest probability.

# %%
browser = cnn_utils.ImageBrowser(X_val, y_val, probabilities=y_val_prob, class_names=class_names)
browser.order = "highest loss first"
browser

# %% [markdown]
# What was the network looking at? *Saliency* marks the pixels on which the score of its answer
# depends, *Grad-CAM* the regions that speak for it. Is it the animal, or the background?

# %%
costly = browser.shown()[:8]
cnn_utils.show_evidence(model, preprocess(X_val[costly]), y_val[costly], class_names)

# %% [markdown]
# ### Task 2.4: predictions for the leaderboard
#
# Predict the unlabelled `X_test`, in its order, and write `submission.csv`; keep the file's name as
# `submission_path`.

# %% task="submit" points=5 defines=["submission_path"] rerun=false
# task: submit
### BEGIN SOLUTION
test = ImageBatches(data["X_test"], preprocess=preprocess, batch_size=256)
test_prob = cnn_utils.cached(model.predict, test, verbose=0)
submission_path = cnn_utils.export_submission(test_prob)
### END SOLUTION

# %%
submission = cnn_utils.validate_submission(submission_path)
submission.head()

# %% check="submit"
cnn_utils.check_submission(submission_path, model, data["X_test"], preprocess)

# %% [markdown]
# A last look before handing in: predictions should be spread about as the training classes are.

# %%
cnn_utils.plot_class_distribution(
    submission["Prediction"], class_names, title="Predictions for X_test"
)

# %% [markdown]
# ## 6 Discussion
#
# ### Task 2.5: What works, what does not, and what would you try next?

# %%
table = cnn_utils.history_table(history)
best = cnn_utils.best_epoch(history)
print(f"Lowest validation loss after epoch {best} of {len(table)}.")
table.loc[sorted({1, best, len(table)}), ["loss", "val_loss", "accuracy", "val_accuracy"]].round(4)

# %%
f1_by_class = cnn_utils.classification_table(y_val, y_val_pred, class_names)["F1"].sort_values()
print(f"hardest: {', '.join(f1_by_class.index[:3])}; easiest: {', '.join(f1_by_class.index[-3:])}")

# %% [markdown]
# What could be tried next? For example images that the network has never seen, and that are still
# right: mirrored ones, shifted ones. More ideas stand below, in *The way forward*: say which of them
# fits what your curves and your confusion matrix show, and why.

# %%
augment = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomTranslation(0.1, 0.1)])
cnn_utils.show_augmentation(augment, preprocess(X_train[:3]))

# %% [markdown] task="discussion" kind="answer" points=15
# <!-- ### BEGIN SOLUTION -->
# **What works.** The network learns fast in its first epochs, and accuracy and macro F1 agree, as
# they should with equally frequent classes. In the full run on the photographs, vehicles are
# recognised best: they have straight edges, and stand on roads, on water, in the sky.
#
# **What does not.** Animals are harder, cat and dog hardest; and what is confused most is what a
# person would confuse: cat and dog, automobile and truck, deer and horse, birds with what they fly or
# sit before. At 32 x 32 pixels an animal is a few soft shapes of much the same colours, and the
# network has seen each of them in one pose. (After a quick run, or on the sample, the lists above
# look different: three epochs on a few thousand images leave whole classes to chance.) As soon as the
# training accuracy runs ahead of the validation accuracy, more epochs alone bring little: the network
# needs more variety, not more repetition.
#
# **How sure are these numbers?** Validation images were not learned from, but choices made by looking
# at them (when to stop, which network) make their accuracy a little too friendly. The leaderboard is
# the honest test, and it, too, only as long as one does not try many times.
#
# **The way forward**, most promising first: (1) *augmentation*: mirrored and slightly shifted images
# cost nothing to make and are new to the network; (2) a *learning rate* that rises, then falls to
# zero, instead of a constant one; (3) *label smoothing* against overconfidence; (4) *global average
# pooling* for the large dense layer; (5) averaging the predictions for an image and its mirror image;
# (6) a search over widths, dropout and learning rate, on validation data, with a fixed budget.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ### The way forward
#
# Nothing below is graded; it takes about as long as half of the training above. How good can a
# network become in a *single* epoch?
# The recipe is made of ideas that won races for the shortest training on CIFAR-10. Its first layer
# is not learned but computed: colours and edges, scaled so that all of them count alike.

# %%
fast = cnn_utils.build_fast_cnn(X_train)
cnn_utils.show_filters(fast)

# %% [markdown]
# Each image is mirrored and shifted at random (*augmentation*). The learning rate begins high and
# falls in a straight line to zero; the optimiser *Muon* changes each kernel equally far in all its
# directions, where Adam follows mainly the few largest ones;
# *label smoothing* asks for 82 % certainty, not for 100 %.

# %% tags=["nbval-skip"]
augment = cnn_utils.Augmentation(flip=True, shift=2)
images, labels = X_train[:n_train], y_train_hot[:n_train]
batches = ImageBatches(images, labels, preprocess, 256, shuffle=True, augment=augment)
optimizer = cnn_utils.ConvMuon(cnn_utils.OneCycle(0.24, steps=len(batches)))
loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.2)
fast.compile(optimizer, loss, metrics=["accuracy"])
cnn_utils.fast_training(fast)
progress = cnn_utils.EpochProgress()
fast_history = cnn_utils.fit_cached(fast, batches, name="fast", verbose=0, callbacks=[progress])

# %% [markdown]
# An image and its mirror image show the same thing: the mean of both answers is right more often.

# %% tags=["nbval-skip"]
fast_prob = cnn_utils.cached(cnn_utils.predict_averaged, fast, X_val, preprocess)
fast_accuracy = np.mean(fast_prob.argmax(axis=1) == y_val)
print(f"validation accuracy {fast_accuracy:.4f} after 1 epoch, {val_accuracy:.4f} above")

# %% [markdown]
# Which ingredient matters? Leave out one after the other, on fewer images to save time. On 10,000
# validation images, differences below a percentage point may be chance; on fewer images, larger ones.
# Would the order be the same after ten epochs?

# %% tags=["nbval-skip"]
N_TRIED = pick(full=20_000, quick=500)
tried = (X_train[:N_TRIED], y_train[:N_TRIED], (X_val, y_val))
leave_out = pick(full=list(cnn_utils.INGREDIENTS), quick=["Muon", "mirrored at test"])
cnn_utils.ablation_table(*tried, leave_out=leave_out).round(4)

# %% [markdown]
# And the numbers in the recipe? A *search* tries out values; here it learns from the trials before
# which values promise most. Interrupted, it goes on where it was.

# %% tags=["nbval-skip"]
trials = cnn_utils.search_recipe(*tried, n_trials=pick(full=8, quick=2))
trials.sort_values("score", ascending=False).head().round(4)

# %% tags=["nbval-skip"]
cnn_utils.plot_search(trials)

# %% [markdown]
# The best of many trials looks a little better than it is: it was chosen by these very images. Train
# it once more, on all images and for more epochs, with `cnn_utils.train_fast_cnn`, and let the
# leaderboard judge. `cnn_utils.THOROUGH_RECIPE` is one for the time of a lunch.

# %% [markdown]
# ## 7 Hand in
#
# Grading looks at the network itself, too: its weights, its history and its answers are written as
# plain files. The *fingerprint* is made from the weights, and shows that files and notebook belong
# together.

# %% evidence="cnn"
cnn_utils.save_for_grading("cnn", model, history, submission["Prediction"])

# %% [markdown]
# **Save the notebook (Ctrl+S, on a Mac ⌘S), then run the last cell.** It looks everything over, says
# what is missing, makes the PDF, and puts all that is handed in into one zip. Run it as often as you
# like.

# %%
cnn_utils.hand_in()
