"""The same networks in PyTorch, in the modes that its own guides recommend for processors."""

from __future__ import annotations

import time
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import nn

BATCH, STEPS = 128, 10


def step(folder: Path, channels_last=False, compiled=False, bfloat16=False, fused=False):
    """Train steps of the assignment's CIFAR-10 network, in images per second."""
    torch.manual_seed(458)
    with h5py.File(folder / "student_dataset_CIFAR10.h5", locking=False) as file:
        images = file["X_train"][: BATCH * STEPS]
        y = torch.tensor(np.ravel(file["y_train"][: BATCH * STEPS]).astype(int))
    x = torch.tensor(images).permute(0, 3, 1, 2).float() / 255
    model = _cifar_cnn()
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model, x = model.to(memory_format=layout), x.contiguous(memory_format=layout)
    optimizer = torch.optim.Adam(model.parameters(), fused=fused)
    forward = torch.compile(model) if compiled else model

    def epoch():
        start = time.perf_counter()
        for i in range(0, len(x), BATCH):
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                loss = nn.functional.cross_entropy(forward(x[i : i + BATCH]), y[i : i + BATCH])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return {"images/s": len(x) / (time.perf_counter() - start)}

    epoch()
    return epoch


def lenet(folder: Path):
    """One epoch of LeNet as specified, with its validation, in epochs per second."""
    torch.manual_seed(458)
    with np.load(folder / "mnist.npz") as file:
        x = torch.tensor(file["x_train"][:, None]).float() / 255
        labels = torch.tensor(file["y_train"].astype(int))
    y, n = nn.functional.one_hot(labels, 10).float(), 50_000
    convolutions = [nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)]
    convolutions += [nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    dense = [nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    model = nn.Sequential(*convolutions, *dense, nn.Softmax(dim=1))
    optimizer = torch.optim.Adam(model.parameters())

    def epoch():
        start, order = time.perf_counter(), torch.randperm(n)
        for i in range(0, n, BATCH):
            chosen = order[i : i + BATCH]
            loss = nn.functional.mse_loss(model(x[chosen]), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            hits = [(model(part).argmax(1)) for part in x[n:].split(1000)]
        accuracy = (torch.cat(hits) == labels[n:]).float().mean().item()
        return {"epochs/s": 1 / (time.perf_counter() - start), "val_accuracy": accuracy}

    epoch()
    return epoch


def _cifar_cnn():
    layers, channels = [], 3
    for filters in (32, 64, 128):
        for _ in range(2):
            convolution = nn.Conv2d(channels, filters, 3, padding=1)
            layers += [convolution, nn.ReLU(), nn.BatchNorm2d(filters, eps=1e-3)]
            channels = filters
        layers += [nn.MaxPool2d(2), nn.Dropout(0.2)]
    dense = [nn.Linear(2048, 1024), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, 10)]
    return nn.Sequential(*layers, nn.Flatten(), *dense)
