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
# labels you don't have. Your course's leaderboard has two baselines: *BEAT ME* and *SandvikNet*.
#
# Fill in the table below, solve the cells that begin with `# task:`, give your reasons in task 2.3,
# and answer the questions in section 6.

# %% [markdown] task="group" kind="header"
# | | |
# |---|---|
# | **Group number** | 1 |
# | **Members** | The teaching staff |
# | **Group name** (optional) | Worked solution |
#
# *To fill in the table: double-click it, write between the bars, press Shift+Enter.*

# %% [markdown]
# ## 1 Setup
#
# (`No module named 'cnn_utils'`? The notebook runs in another Python: choose *Kernel, Change Kernel*.)

# %%
# %load_ext cnn_utils
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
# The data is an HDF5 file: named arrays in one file. You can read an array, or just a part of it.

# %%
path = cnn_utils.cifar10_path()
with h5py.File(path, "r", locking=False) as file:
    for name, array in file.items():
        print(f"{name:8} {array.shape!s:20} {array.dtype}  {array.nbytes / 1e6:.1f} MB")

# %% [markdown]
# It contains 50,000 training images with labels and 10,000 test images without. `load_cifar10` reads
# the same arrays, checks them, and adds the names of the classes.

# %%
data = cnn_utils.load_cifar10(path)
data

# %%
images_train, y_train = data["X_train"][:N_IMAGES], data["y_train"][:N_IMAGES]
images_test = data["X_test"]
images_train.shape, images_test.shape

# %%
class_names = data.class_names
print(", ".join(f"{label} {name}" for label, name in enumerate(class_names)))

# %% [markdown]
# ### Task 2.1: preprocessing
#
# Write `preprocess(images)`: `uint8` images in 0-255 become `float32` in [0, 1]. It must treat
# training, validation and test images alike, so it must not use their minimum, maximum or mean.


# %% task="preprocess" points=5 defines=["preprocess"]
# task: preprocess
def preprocess(images):
    ### BEGIN SOLUTION
    return np.asarray(images, dtype="float32") / np.float32(255)
    ### END SOLUTION


# %% check="preprocess"
cnn_utils.check_preprocess(preprocess)

# %%
x = np.asarray(preprocess(images_train[:100]))
print(f"{x.shape} {x.dtype}, {x.min():.2f} to {x.max():.2f}")
print(f"All {len(images_train):,} images would take {images_train.size * 4 / 1e6:.0f} MB.")

# %% [markdown]
# That is four times as much as in `uint8`, and Keras would make a copy. So the images stay in `uint8`,
# and `ImageBatches` preprocesses each batch when the network needs it.

# %%
y_train_hot = keras.utils.to_categorical(y_train, 10)
print(class_names[y_train[0]], "becomes", y_train_hot[0])

# %% [markdown]
# We hold out the last fifth of the images for validation. The data set is shuffled, so the last fifth
# is as good as any other. The training images come in a new order in each epoch. Validation uses
# larger batches: they are faster, and nothing is learned from them.

# %%
n_train = len(images_train) * 4 // 5
images_val, y_val = images_train[n_train:], y_train[n_train:]
images_val.shape, y_val.shape

# %%
train = ImageBatches(
    images_train[:n_train], y_train_hot[:n_train], preprocess, BATCH_SIZE, shuffle=True
)
val = ImageBatches(images_val, y_train_hot[n_train:], preprocess, batch_size=256)
print(f"{len(train):,} batches for training, {len(val)} for validation")

# %% [markdown]
# ### Task 2.2: look at the data
#
# Look at the data before you build anything: what do the images show, how many are there of each
# class, and what do the images of a class have in common? Store your figure in `images_figure`.

# %% task="look" points=5 defines=["images_figure"]
# task: look
### BEGIN SOLUTION
images_figure = cnn_utils.plot_class_examples(images_train, y_train, class_names)
images_figure
### END SOLUTION

# %% check="look"
cnn_utils.check_images_figure(images_figure)

# %% [markdown]
# Now page through all of them: how many cats can you tell from dogs?

# %%
cnn_utils.ImageBrowser(images_train, y_train, class_names=class_names)

# %%
cnn_utils.plot_class_distribution(y_train, class_names)

# %%
cnn_utils.plot_class_means(images_train, y_train, class_names)

# %% [markdown]
# The classes are (almost) equally frequent, so accuracy is a fair measure. The mean images are
# blurred: planes and ships have a blue background, deer and horses a green or brown one. Colour and
# background reveal some classes; the network must find the others by shape.

# %% [markdown]
# ## 3 Build the model
#
# ### Task 2.3: your network, and the reasons for its parts
#
# Write `build_cnn()`. It returns a network of your own design, not yet compiled. It takes images of
# shape (32, 32, 3) in [0, 1] and returns ten probabilities. Below it, explain why you chose its
# parts, and where the ideas come from.
#
# As a start, here is a single block: two 3 x 3 convolutions and a pooling layer halve the image, and
# each output depends on 6 x 6 pixels of it. Watch the shapes.

# %%
x = keras.Input((32, 32, 3))
x = layers.Conv2D(32, 3, padding="same")(x)
x = layers.Conv2D(32, 3, padding="same")(x)
x.shape, layers.MaxPooling2D(2)(x).shape


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

# %% [markdown] task="cnn" kind="answer" points=10 rubric=["4: gives a reason for each kind of layer", "3: gives reasons for sizes: kernels, filters, dropout", "3: names sources, or what was tried"]
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
# Before a training that takes minutes, try one that takes seconds: do images, labels, loss and
# network fit together? `fit` reports the loss of two batches, `predict` returns ten probabilities.
# `run_eagerly=True` computes one layer after the other at once. For two batches that is quicker; for
# many, TensorFlow had better compile the network first, as it does by default.

# %%
trial = build_cnn()
trial.compile("adam", "categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
x_trial, y_trial = preprocess(images_train[:64]), y_train_hot[:64]
trial_history = trial.fit(x_trial, y_trial, batch_size=32, epochs=1, verbose=2)

# %%
trial.predict(x_trial[:1], verbose=0).round(2)

# %% [markdown]
# Now the real training. Categorical cross-entropy punishes confident mistakes hard, which helps when
# there are many. Keras has the macro F1 that you wrote in Part 1. `fast_training` lets the processor
# compute the same steps in less time, and lists what it uses.

# %%
model = build_cnn()
f1 = keras.metrics.F1Score(average="macro", name="f1")
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy", f1])
cnn_utils.fast_training(model)

# %% [markdown]
# The curves grow while the network learns. If they tell you enough, press *Stop*: the network keeps
# what it has learned, and the notebook continues. `fit_cached` takes the arguments of `fit`, loads a
# finished training instead of repeating it, and continues an interrupted one after its last epoch.

# %%
history = cnn_utils.fit_cached(
    model,
    train,
    name="cifar10",
    epochs=EPOCHS,
    validation_data=val,
    callbacks=[cnn_utils.TrainingMonitor("The CIFAR-10 network")],
    verbose=0,
)
print(f"{history.seconds / len(history.epoch):.0f} s per epoch")

# %% [markdown]
# ## 5 Evaluate
#
# The test labels are withheld, so the validation images must show how good the network is and what it
# confuses. `cached(model.predict, val)` returns the same as `model.predict(val)`, and loads it the
# next time.

# %%
y_val_prob = cnn_utils.cached(model.predict, val, verbose=0)
y_val_pred = y_val_prob.argmax(axis=1)
y_val_prob.shape, y_val_pred[:10]

# %%
val_accuracy, val_f1 = np.mean(y_val_pred == y_val), cnn_utils.f1_score(y_val, y_val_prob)
print(f"validation accuracy {val_accuracy:.4f}, macro F1 {val_f1:.4f} on {len(y_val):,} images")

# %% [markdown]
# The confusion matrix shows which classes are confused. Choose one of its cells: its images appear
# below, the most confident predictions first. What do cats predicted as dogs have in common?

# %%
cnn_utils.ConfusionMatrixExplorer(y_val, y_val_prob, images_val, class_names)

# %% [markdown]
# These images have the highest loss: the network gave their true class the smallest probability.

# %%
browser = cnn_utils.ImageBrowser(
    images_val, y_val, probabilities=y_val_prob, class_names=class_names
)
browser.order = "highest loss first"
browser

# %% [markdown]
# What does the network look at? *Saliency* marks the pixels that change the predicted score most,
# *Grad-CAM* the regions that increase it. Is it the animal or the background?

# %%
costly = browser.shown()[:8]
x_costly = preprocess(images_val[costly])
cnn_utils.show_attributions(model, x_costly, y_val[costly], class_names)

# %% [markdown]
# ### Task 2.4: predictions for the leaderboard
#
# Predict the classes of the unlabelled `images_test`, in their order, and write `submission.csv`.
# Store the file's path in `submission_path`.

# %% task="submit" points=5 defines=["submission_path"] rerun=false
# task: submit
### BEGIN SOLUTION
test = ImageBatches(images_test, preprocess=preprocess, batch_size=256)
test_prob = cnn_utils.cached(model.predict, test, verbose=0)
submission_path = cnn_utils.export_submission(test_prob)
### END SOLUTION

# %%
submission = cnn_utils.validate_submission(submission_path)
submission.head()

# %% check="submit"
cnn_utils.check_submission(submission_path, model, images_test, preprocess)

# %% [markdown]
# Before you hand in, compare: the predicted classes should be about as frequent as in training.

# %%
cnn_utils.plot_class_distribution(
    submission["Prediction"], class_names, title="Predictions for the test images"
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
# What could you try next? For example new variants of the training images, mirrored or shifted, whose
# labels are still right. *The way forward* below has more ideas: choose those that fit your curves and
# your confusion matrix, and explain why.

# %%
augment = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomTranslation(0.1, 0.1)])
cnn_utils.show_augmentation(augment, preprocess(images_train[:3]))

# %% [markdown] task="discussion" kind="answer" points=15 figures=["look"] rubric=["4: what works and what does not, from its own figures", "4: reads the confusion matrix: which classes, and why", "2: how sure the numbers are", "5: next steps that fit its curves, with reasons"]
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
# Nothing below is graded; it takes about half as long as the training above. How good can a network
# become in a *single* epoch? This recipe combines ideas that won races for the fastest training on
# CIFAR-10. Its first layer is not learned but computed from the images: colours and edges, scaled to
# equal variance.

# %%
fast = cnn_utils.build_fast_cnn(images_train)
cnn_utils.show_filters(fast)

# %% [markdown]
# Each image is mirrored and shifted at random (*augmentation*). The learning rate starts high and
# falls linearly to zero. The optimiser *Muon* changes each kernel equally far in all directions,
# where Adam follows mainly the few largest ones. *Label smoothing* asks for 82 % confidence instead of
# 100 %.

# %% tags=["nbval-skip"]
augment = cnn_utils.Augmentation(flip=True, shift=2)
fast_train = ImageBatches(
    images_train[:n_train], y_train_hot[:n_train], preprocess, 256, shuffle=True, augment=augment
)

# %% tags=["nbval-skip"]
schedule = keras.optimizers.schedules.PolynomialDecay(0.24, len(fast_train), end_learning_rate=0.0)
loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.2)
fast.compile(cnn_utils.ConvMuon(schedule), loss, metrics=["accuracy"])
cnn_utils.fast_training(fast)

# %% tags=["nbval-skip"]
fast_history = cnn_utils.fit_cached(
    fast, fast_train, name="fast", epochs=1, callbacks=[cnn_utils.EpochProgress()], verbose=0
)

# %% [markdown]
# An image and its mirror image show the same object, so the mean of both predictions is right more
# often.

# %% tags=["nbval-skip"]
fast_prob = cnn_utils.cached(cnn_utils.predict_averaged, fast, images_val, preprocess)
fast_accuracy = np.mean(fast_prob.argmax(axis=1) == y_val)
print(f"validation accuracy {fast_accuracy:.4f} after 1 epoch, {val_accuracy:.4f} above")

# %% [markdown]
# Which ingredient matters? Leave out one at a time, on fewer images to save time. On 10,000 validation
# images, differences below one percentage point may be chance; on fewer images, larger ones too.
# Would the order be the same after ten epochs?

# %% tags=["nbval-skip"]
N_TRIED = pick(full=20_000, quick=500)
tried = (images_train[:N_TRIED], y_train[:N_TRIED], (images_val, y_val))
leave_out = pick(full=list(cnn_utils.INGREDIENTS), quick=["Muon", "mirrored at test"])
cnn_utils.ablation_table(*tried, leave_out=leave_out).round(4)

# %% [markdown]
# And the numbers in the recipe? A *search* tries values and learns from earlier trials which values
# promise most. After an interruption it continues.

# %% tags=["nbval-skip"]
trials = cnn_utils.search_recipe(*tried, n_trials=pick(full=8, quick=2))
trials.sort_values("score", ascending=False).head().round(4)

# %% tags=["nbval-skip"]
cnn_utils.plot_search(trials)

# %% [markdown]
# The best of many trials looks a little better than it is, because these very images selected it.
# Train it again with `cnn_utils.train_fast_cnn`, on all images and for more epochs, and let the
# leaderboard judge. `cnn_utils.THOROUGH_RECIPE` is a longer recipe, for the best accuracy.

# %% [markdown]
# ## 7 Hand in
#
# Grading also looks at the network itself. This cell writes its weights, its history and its
# predictions to the folder `artifacts`. The *fingerprint*, computed from the weights, shows that files
# and notebook belong together.

# %% saves="cnn"
cnn_utils.save_for_grading("cnn", model, history, submission["Prediction"])

# %% [markdown]
# **Save the notebook (Ctrl+S, on a Mac ⌘S), then run the last cell.** It checks the saved notebook,
# lists what is missing, makes the PDF, and packs everything into one zip. You can run it as often as
# you like, on another day too: it trains nothing and needs no other cell.

# %%
import cnn_utils

cnn_utils.hand_in()
