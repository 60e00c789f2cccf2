# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Part 1: LeNet on MNIST
#
# You build one of the first convolutional networks, train it to read handwritten digits, and find
# out how far you can trust its answers. Run the cells from top to bottom. Fill in the table below,
# solve the cells that begin with `# task:`, and answer the questions in section 6.

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
# The first line loads an extension that explains common errors in one or two lines, with your own
# line of code. (`No module named 'cnn_utils'`? The notebook runs in another Python: choose *Kernel,
# Change Kernel*.)

# %%
# %load_ext cnn_utils
import cnn_utils

cnn_utils.show_versions()

# %%
import keras
import numpy as np
import pandas as pd
from keras import layers, ops

from cnn_utils import pick, set_seed

# %% [markdown]
# These numbers control the whole run. `pick` takes the first value for the assignment (*full*)
# and the second for a quick try (`CNN_UTILS_PROFILE=quick`). The seed makes the run repeatable.

# %% tags=["parameters"]
SEED = 458
EPOCHS = pick(full=40, quick=4)
DENSE_EPOCHS = pick(full=5, quick=1)
BATCH_SIZE = 128

set_seed(SEED)
print(f"{cnn_utils.profile()} profile: {EPOCHS} epochs")

# %% [markdown]
# ## 2 Prepare the data
#
# MNIST contains 70,000 handwritten digits, split into training, validation and test images. Pixels
# are `uint8`: 0 is paper and 255 is ink. A picture appears when it is the last line of its cell.

# %%
data = cnn_utils.load_mnist()
data

# %%
cnn_utils.plot_class_examples(data["X_train"], data["y_train"], data.class_names)

# %% [markdown]
# Some of these are hard even for you. Are all digits equally frequent? If most images belonged to
# one class, accuracy would tell you little, and F1 would be the better measure.

# %%
cnn_utils.plot_class_distribution(data["y_train"], data.class_names)

# %% [markdown]
# We join training and validation images again, because `fit` can hold out the last sixth for
# validation: exactly the images of `X_val`.

# %%
images_train = np.concatenate([data["X_train"], data["X_val"]])
y_train = np.concatenate([data["y_train"], data["y_val"]])
images_train.shape, y_train.shape

# %%
images_test, y_test = data["X_test"], data["y_test"]
images_test.shape, y_test.shape

# %% [markdown]
# ### Preprocessing
#
# A convolution expects images with a **channel axis**: one channel for grey, three for colour.

# %%
x_train = images_train[..., np.newaxis]
x_test = images_test[..., np.newaxis]
x_train.shape, x_test.shape

# %% [markdown]
# Networks learn best from small numbers, so we **scale pixels to [0, 1]**. Both sets are divided by
# the same number, 255: dividing by the test set's own maximum would use information from the test
# set. `float32` takes half the memory of NumPy's default `float64`, and the network computes in it.

# %%
x_train = np.divide(x_train, 255, dtype="float32")
x_test = np.divide(x_test, 255, dtype="float32")
print(f"{x_train.dtype}, {x_train.min()} to {x_train.max()}")

# %% [markdown]
# The network outputs ten probabilities, one per digit. Mean squared error compares them with the
# label, so the label must be ten numbers as well: **one-hot**.

# %%
y_train_hot = keras.utils.to_categorical(y_train, 10)
y_test_hot = keras.utils.to_categorical(y_test, 10)
print(y_train[0], "becomes", y_train_hot[0])

# %% [markdown]
# ## 3 Build the model
#
# ### Task 1.1.1 a: LeNet
#
# | layer | filters / units | kernel | padding | activation | output | parameters |
# |---|---|---|---|---|---|---|
# | input | | | | | 28 x 28 x 1 | 0 |
# | convolution | 6 | 5 x 5 | same | ReLU | 28 x 28 x 6 | 6 (5·5·1 + 1) = 156 |
# | max pooling | | 2 x 2 | | | 14 x 14 x 6 | 0 |
# | convolution | 16 | 5 x 5 | valid | ReLU | 10 x 10 x 16 | 16 (5·5·6 + 1) = 2,416 |
# | max pooling | | 2 x 2 | | | 5 x 5 x 16 | 0 |
# | flatten | | | | | 400 | 0 |
# | dense | 120 | | | ReLU | 120 | 120 (400 + 1) = 48,120 |
# | dense | 84 | | | ReLU | 84 | 84 (120 + 1) = 10,164 |
# | dense | 10 | | | softmax | 10 | 10 (84 + 1) = 850 |
#
# LeNet has 61,706 parameters. 96 % of them are in the dense layers, because a convolution uses the
# same few weights at every position of the image.
#
# Write `build_lenet()`. It returns this network, not yet compiled.


# %% task="lenet" points=10 defines=["build_lenet"]
# task: lenet
def build_lenet():
    ### BEGIN SOLUTION
    model = keras.Sequential([keras.Input((28, 28, 1))], name="lenet")
    model.add(layers.Conv2D(6, 5, padding="same", activation="relu"))
    model.add(layers.MaxPooling2D(2))
    model.add(layers.Conv2D(16, 5, activation="relu"))
    model.add(layers.MaxPooling2D(2))
    model.add(layers.Flatten())
    model.add(layers.Dense(120, activation="relu"))
    model.add(layers.Dense(84, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    return model
    ### END SOLUTION


# %%
build_lenet().summary()

# %% [markdown]
# A *check* tells you whether a task is solved. If not, it reports what it found and gives a hint;
# some have more, with `hint=2` and `hint=3`. It tests what the network computes, not how you wrote it.

# %% check="lenet"
cnn_utils.check_lenet(build_lenet)

# %% [markdown]
# ### Task 1.1.1 b: F1, counted over the whole epoch
#
# For one class, *precision* is the share of its predictions that are right, *recall* is the share
# of its images that are found, and
#
# $$F_1 = \frac{2 \cdot \text{precision} \cdot \text{recall}}{\text{precision} + \text{recall}}
#       = \frac{2\,TP}{(TP + FP) + (TP + FN)}$$
#
# *Macro* F1 is the mean over the ten classes. Keras passes one batch after another to a metric, and
# that is a trap. Take one class in two batches: first 1 image, which is found; then 9 images, 3 of
# them found (and no image of another class is predicted as this one).

# %%
f1_batches = [2 * 1 / (1 + 1), 2 * 3 / (3 + 9)]
f1_epoch = 2 * (1 + 3) / ((1 + 3) + (1 + 9))
print(f"mean of the batches: {np.mean(f1_batches):.3f}, the epoch's F1: {f1_epoch:.3f}")

# %% [markdown]
# The mean of the batches is wrong, and it changes with the batch size. So the metric must add up
# *counts* batch by batch (`update_state`) and compute F1 from the sums at the end (`result`). A
# 10 x 10 table of true against predicted classes contains all these counts: true positives on its
# diagonal, images per class in its row sums, predictions per class in its column sums.
#
# Write `F1Score`, a `keras.metrics.Metric` for one-hot `y_true` and probabilities `y_pred`. Keras
# resets the weights of a metric to zero between epochs.


# %% task="f1" points=10 defines=["F1Score"]
# task: f1
class F1Score(keras.metrics.Metric):
    ### BEGIN SOLUTION
    def __init__(self, name="f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.counts = self.add_weight(shape=(10, 10), initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        true = ops.cast(y_true, "float32")
        pred = ops.one_hot(ops.argmax(y_pred, axis=1), 10)
        self.counts.assign_add(ops.transpose(true) @ pred)

    def result(self):
        images, predictions = ops.sum(self.counts, axis=1), ops.sum(self.counts, axis=0)
        f1 = ops.divide_no_nan(2 * ops.diagonal(self.counts), images + predictions)
        return ops.mean(f1)

    ### END SOLUTION


# %% [markdown]
# You can test a metric before any training: compare it with Keras' F1 on random predictions in two
# batches of different sizes.

# %%
random_scores = np.random.default_rng(SEED).random((500, 10))
ours, reference = F1Score(), keras.metrics.F1Score(average="macro")
for batch in (slice(0, 77), slice(77, 500)):
    ours.update_state(y_train_hot[batch], random_scores[batch])
    reference.update_state(y_train_hot[batch], random_scores[batch])
print(f"ours {float(ours.result()):.6f}, Keras' {float(reference.result()):.6f}")

# %% check="f1"
cnn_utils.check_f1(F1Score)

# %% [markdown]
# ## 4 Train
#
# A first training, with Keras alone: 6,000 images, one epoch. `compile` chooses how the network
# learns: the optimiser changes the weights, the loss is what it makes smaller. `fit` shows the images
# to the network in batches and holds out a fifth of them for *validation*.

# %%
first = build_lenet()
first.compile(optimizer="sgd", loss="categorical_crossentropy", metrics=["accuracy"])
first_history = first.fit(
    x_train[:6000], y_train_hot[:6000], batch_size=32, epochs=1, validation_split=0.2, verbose=2
)

# %% [markdown]
# `predict` returns ten probabilities for each image. The largest one is the network's answer.

# %%
probabilities = first.predict(x_test[:3], verbose=0)
probabilities.round(2)

# %%
print("predicted", probabilities.argmax(axis=1), "true", y_test[:3])

# %% [markdown]
# ### Task 1.1.2: mean squared error, Adam, batches of 128, 40 epochs
#
# Hold out the last sixth of the images for validation: the network is measured on them after each
# epoch, but never learns from them. (Training figures are averages over an epoch in which the
# network still learns, so in the first epochs they lag behind the validation figures.)
#
# `cnn_utils.fit_cached(model, x_train, y_train_hot, name="lenet", ...)` takes the same arguments as
# `model.fit`, but remembers: if nothing has changed, it loads the finished training instead of
# repeating it. `history.seconds` is the time that the training took. Three arguments are worth
# knowing: `callbacks=[cnn_utils.TrainingMonitor("LeNet", loss_only=True)]` draws the loss while the
# network learns; `steps_per_execution=50` in `compile` lets TensorFlow run 50 batches in one go, and
# `validation_batch_size=1000` in `fit` validates in large batches. These two change only the time.

# %% task="train-lenet" points=10 defines=["model", "history"] threshold=0.97
# task: train-lenet
### BEGIN SOLUTION
model = build_lenet()
model.compile(optimizer="adam", loss="mse", metrics=["accuracy", F1Score()], steps_per_execution=50)
history = cnn_utils.fit_cached(
    model,
    x_train,
    y_train_hot,
    name="lenet",
    batch_size=BATCH_SIZE,
    epochs=EPOCHS,
    validation_split=1 / 6,
    validation_batch_size=1000,
    callbacks=[cnn_utils.TrainingMonitor("LeNet", loss_only=True)],
    verbose=0,
)
### END SOLUTION

# %% check="train-lenet"
cnn_utils.check_training(model, history, x_train, y_train_hot, EPOCHS, BATCH_SIZE)

# %%
cnn_utils.history_table(history).tail(3).round(4)

# %% [markdown]
# ### Task 1.1.3: the curves
#
# Draw loss, accuracy and F1 over the epochs, training against validation, and store the figure in
# `history_figure`.

# %% task="plot-history" points=5 defines=["history_figure"]
# task: plot-history
### BEGIN SOLUTION
history_figure = cnn_utils.plot_training_history(history, title="LeNet")
history_figure
### END SOLUTION

# %% check="plot-history"
cnn_utils.check_history_plot(history_figure, history)

# %% [markdown]
# ## 5 Evaluate
#
# ### Task 1.1.4: the test set
#
# So far its 10,000 digits were not used, neither for learning nor for choosing anything. Evaluate the
# network on them, and store accuracy and F1 in `test_accuracy` and `test_f1`.

# %% task="evaluate-lenet" points=5 defines=["test_accuracy", "test_f1"]
# task: evaluate-lenet
### BEGIN SOLUTION
test_loss, test_accuracy, test_f1 = model.evaluate(x_test, y_test_hot, batch_size=1000, verbose=0)
### END SOLUTION
print(f"test accuracy {test_accuracy:.4f}, macro F1 {test_f1:.4f}")

# %% check="evaluate-lenet"
cnn_utils.check_evaluation(model, x_test, y_test_hot, test_accuracy, test_f1)

# %% [markdown]
# The confusion matrix shows *which* digits are confused: each row is a true digit, each column a
# predicted one.

# %%
y_prob = model.predict(x_test, batch_size=1000, verbose=0)
y_pred = y_prob.argmax(axis=1)
y_prob.shape, y_pred[:10]

# %%
cnn_utils.plot_confusion_matrix(y_test, y_pred, data.class_names)

# %%
cnn_utils.classification_table(y_test, y_pred, data.class_names).round(4)

# %% [markdown]
# Numbers do not show the mistakes themselves. Here are the ones of which the network was surest.
# Which would you have got right?

# %%
wrong = np.flatnonzero(y_pred != y_test)
surest = wrong[np.argsort(-y_prob[wrong].max(axis=1))][:16]
cnn_utils.plot_images(
    images_test[surest], y_test[surest], y_pred[surest], title="The surest mistakes"
)

# %% [markdown]
# ### What does the network see?
#
# The first layer moves six filters of 5 x 5 weights over the digit. Where the ink matches a filter's
# large weights, the output is large. Each filter makes one *feature map*.

# %%
cnn_utils.show_filters(model)

# %%
cnn_utils.show_feature_maps(model, x_test[0])

# %% [markdown]
# Strokes of one direction, edges, blurred copies: nobody told the network to look for these. Its last
# hidden layer describes each digit by 84 numbers. t-SNE places digits with similar numbers close
# together in a plane; crosses mark mistakes. Where are most of them?

# %%
cnn_utils.show_embedding(model, x_test, y_test, data.class_names, y_pred=y_pred)

# %% [markdown]
# ## 6 Discussion
#
# ### Task 1.2.1: Does the network overfit, and from which epoch on?
#
# A network overfits when it still gets better on the images it learns from, but not on others. Use
# the curves above and the figures below as evidence.

# %%
table = cnn_utils.history_table(history)
best = cnn_utils.best_epoch(history)
table.loc[sorted({1, best, len(table)}), ["loss", "val_loss", "accuracy", "val_accuracy"]].round(5)

# %%
gap = table["accuracy"] - table["val_accuracy"]
rise = table["val_loss"].iloc[-1] / table["val_loss"].min() - 1
print(
    f"Lowest validation loss after epoch {best} of {len(gap)}; at the end it is {rise:.1%} higher."
)
print(f"Accuracy, training - validation: {gap[best]:+.4f} there, {gap.iloc[-1]:+.4f} at the end.")

# %% [markdown] task="overfitting" kind="answer" points=10 figures=["plot-history"] rubric=["3: reads training and validation loss apart", "3: names the epoch where they part, from the figures above", "2: says how strong it is: does accuracy suffer?", "2: concludes: stop early, or train longer"]
# <!-- ### BEGIN SOLUTION -->
# The two lines above are the evidence. Where the best epoch is the last one, as in a quick run, the
# network does not overfit yet: it should be trained longer.
#
# In the full run it does. The training loss falls to the end, while the validation loss is flat, and
# noisy, from about the fifth epoch on, where the two curves part: what the network learns after that
# is true of its training images only. The epoch of the lowest validation loss is the one at which to
# stop, but in such a flat valley its exact place is a matter of chance: another seed moves it. The
# overfitting is mild. The validation accuracy does not fall, and the table shows that it is hardly
# different at the best epoch and at the end. Stopping early
# (`EarlyStopping(patience=5, restore_best_weights=True)`) would mainly save time.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ### Task 1.2.2: Compare LeNet with the dense network
#
# The dense network of the earlier assignment sees a digit as a list of 784 numbers and does not know
# which pixels are neighbours. Train it here as well, and compare both networks in the same run.

# %%
metrics = ["accuracy", F1Score()]
dense = cnn_utils.build_dense()
dense.compile(optimizer="adam", loss="mse", metrics=metrics, steps_per_execution=50)
dense_history = cnn_utils.fit_cached(
    dense,
    x_train,
    y_train_hot,
    name="dense",
    batch_size=BATCH_SIZE,
    epochs=DENSE_EPOCHS,
    validation_split=1 / 6,
    validation_batch_size=1000,
    callbacks=[cnn_utils.EpochProgress()],
    verbose=0,
)

# %%
_, dense_accuracy, dense_f1 = dense.evaluate(x_test, y_test_hot, batch_size=1000, verbose=0)
print(f"test accuracy {dense_accuracy:.4f}, macro F1 {dense_f1:.4f}")

# %% [markdown]
# `fit_cached` measures the training time; plain `fit` does not, and leaves a gap in this table.

# %%
lenet_seconds = getattr(history, "seconds", np.nan)
comparison = pd.DataFrame(index=["LeNet", "dense"])
comparison["parameters"] = [model.count_params(), dense.count_params()]
comparison["epochs"] = [len(table), DENSE_EPOCHS]
comparison["training time / s"] = [lenet_seconds, dense_history.seconds]
comparison["test accuracy"] = [test_accuracy, dense_accuracy]
comparison["test F1"] = [test_f1, dense_f1]
comparison["errors in 10,000"] = (10_000 * (1 - comparison["test accuracy"])).round()
comparison.round(4)

# %% [markdown]
# LeNet trained for more epochs. Is that why it is better? Compare both after the same epoch, and
# compare the time of one epoch.

# %%
n = min(len(table), DENSE_EPOCHS)
same_epoch = pd.DataFrame(index=["LeNet", "dense"])
same_epoch["epochs"] = n
seconds = [lenet_seconds / len(table), dense_history.seconds / DENSE_EPOCHS]
same_epoch["seconds per epoch"] = seconds
dense_val_accuracy = dense_history.history["val_accuracy"][n - 1]
same_epoch["validation accuracy"] = [table["val_accuracy"][n], dense_val_accuracy]
same_epoch.round(4)

# %%
cnn_utils.plot_model_comparison(comparison.drop(columns=["epochs", "test F1"]))

# %% [markdown]
# Which digits does only one of the two networks get wrong? Choose a cell in either matrix: its digits
# appear below, with the other network's predictions.

# %%
dense_prob = dense.predict(x_test, batch_size=1000, verbose=0)
both = {"LeNet": y_prob, "dense": dense_prob}
cnn_utils.ConfusionMatrixExplorer(y_test, both, images_test, data.class_names)

# %% [markdown] task="compare" kind="answer" points=10 rubric=["2: compares accuracy with the number of parameters", "4: explains by local kernels, shared weights and pooling", "2: names the price: time per image or epoch", "2: uses the figures of this run"]
# <!-- ### BEGIN SOLUTION -->
# LeNet makes fewer mistakes with a quarter of the dense network's parameters, and not only because
# it was trained for longer: after equally many epochs it is ahead as well. It builds in what is true
# of images: neighbouring pixels belong together (5 x 5 kernels), a stroke is the same stroke wherever
# it stands (shared weights), and its exact place does not matter (pooling). The dense network has to
# learn each of these from examples, once per place. The price is time per epoch: a shared weight is
# used at hundreds of places, so that an image takes 416,520 multiplications instead of 234,752, and
# convolutions are harder to compute fast than one large matrix product. Accuracy and macro F1 say
# nearly the same here, since the ten classes are almost equally frequent.
# <!-- ### END SOLUTION -->

# %% [markdown]
# ### Task 1.2.3: How often is a ten-digit number read wrongly?
#
# A number is read correctly only if *all* its digits are. Write `ten_digit_error_rate(accuracy)`.


# %% task="ten-digits" points=5 defines=["ten_digit_error_rate"]
# task: ten-digits
def ten_digit_error_rate(accuracy):
    ### BEGIN SOLUTION
    return 1 - accuracy**10
    ### END SOLUTION


# %% check="ten-digits"
cnn_utils.check_ten_digits(ten_digit_error_rate)

# %%
ten_digits = ten_digit_error_rate(test_accuracy)
print(f"one digit: {1 - test_accuracy:.2%} wrong, ten digits: {ten_digits:.2%} wrong")
print(f"as a check, 98.8 % accuracy: {ten_digit_error_rate(0.988):.1%}, not 1.2 %")

# %% [markdown]
# How precisely do 10,000 images determine the accuracy? And does the formula hold for strings of ten
# test digits drawn at random?

# %%
low, high = cnn_utils.accuracy_interval(test_accuracy, n_test=len(y_test))
print(f"accuracy, 95 % interval: {low:.2%} to {high:.2%}")
print(f"ten digits: {ten_digit_error_rate(high):.2%} to {ten_digit_error_rate(low):.2%} wrong")
simulated = cnn_utils.simulate_sequence_errors(y_test, y_pred)
print(f"simulated on 100,000 strings: {simulated:.2%} wrong")

# %%
accuracies = np.array([0.95, 0.974, 0.988, 0.995, 0.999])
pd.Series(ten_digit_error_rate(accuracies), index=accuracies, name="ten-digit error").round(3)

# %% [markdown] task="ten-digits" kind="answer" points=5 rubric=["2: explains the formula 1 - p**10", "2: names an assumption, such as independent mistakes", "1: says why it fails in practice"]
# <!-- ### BEGIN SOLUTION -->
# All ten digits are right with probability $p^{10}$, so the error rate is $1 - p^{10}$. For small
# error rates that is almost ten times the error rate of one digit: what looks excellent for a digit
# is poor for an account number. The formula assumes that (1) mistakes are independent: in truth one
# bad pen or hasty writer spoils several digits of the same number, so that errors come in clusters
# and fewer numbers are hit; (2) every digit is as frequent and as hard as in the test set; (3) the
# digits have been cut apart without mistakes. The simulation agrees because it draws the digits
# independently: it checks the arithmetic, not assumption (1).
# <!-- ### END SOLUTION -->

# %% [markdown]
# ## 7 Hand in
#
# Grading also looks at the network itself. This cell writes its weights, its history and its
# predictions to the folder `artifacts`. The *fingerprint*, computed from the weights, shows that files
# and notebook belong together.

# %% saves="lenet"
cnn_utils.save_for_grading("lenet", model, history, y_prob)

# %% [markdown]
# **Save the notebook (Ctrl+S, on a Mac ⌘S), then run the last cell.** It checks the saved notebook,
# lists what is missing, makes the PDF, and packs everything into one zip. You can run it as often as
# you like, on another day too: it trains nothing and needs no other cell.

# %%
import cnn_utils

cnn_utils.hand_in()
