"""AttParseNet's network in PyTorch, for the peers beside this file."""
import torch
from torch import nn


class Network(nn.Module):
    """Images [B, 3, H, W] to logits [B, 40] and maps [B, 40, h, w]."""

    def __init__(self, height, width, widths):
        super().__init__()
        layers, channels = [], 3
        for index, out in enumerate(list(widths) + [40]):
            layers.append(nn.Conv2d(channels, out, 7 if index == 0 else 3, bias=False))
            layers.append(nn.BatchNorm2d(out))
            if index < 5:
                layers.append(nn.ReLU(inplace=True))
            if index == 0:
                layers.append(nn.MaxPool2d(2))
            channels = out
        self.body = nn.Sequential(*layers)
        with torch.no_grad():
            self.mask = tuple(self.body(torch.zeros(1, 3, height, width)).shape[2:])
        self.body.apply(lambda layer: getattr(layer, "reset_running_stats", lambda: None)())
        self.head = nn.Linear(40 * self.mask[0] * self.mask[1], 40)

    def forward(self, images):
        maps = self.body(images)
        return self.head(maps.flatten(1)), maps


def joint_loss(logits, maps, labels, masks, weight):
    """The sum that is differentiated, and its two parts."""
    attribute = nn.functional.binary_cross_entropy_with_logits(logits, labels)
    mask = nn.functional.mse_loss(maps, masks)
    return attribute + weight * mask, attribute, mask


def named_tensors(network):
    """The network's tensors by the names that the layers API gives them."""
    named = {"logits/kernel": network.head.weight, "logits/bias": network.head.bias}
    convolutions = [layer for layer in network.body if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in network.body if isinstance(layer, nn.BatchNorm2d)]
    for index, (convolution, norm) in enumerate(zip(convolutions, norms)):
        name = f"norm{index + 1}" if index < 5 else "maps"
        named[f"conv{index + 1}/kernel"] = convolution.weight
        named[f"{name}/gamma"] = norm.weight
        named[f"{name}/beta"] = norm.bias
        named[f"{name}/moving_mean"] = norm.running_mean
        named[f"{name}/moving_variance"] = norm.running_var
    return named


def to_torch(name, array, mask):
    """A tensor of the layers API (NHWC, filters [k, k, C, N]) as PyTorch has it."""
    if name == "logits/kernel":
        # The dense layer reads the maps in the order h, w, channel; PyTorch's channel, h, w.
        return array.reshape(*mask, 40, 40).transpose(3, 2, 0, 1).reshape(40, -1)
    return array.transpose(3, 2, 0, 1) if name.endswith("/kernel") else array


def from_torch(name, array, mask):
    """The reverse of to_torch."""
    if name == "logits/kernel":
        return array.reshape(40, 40, *mask).transpose(2, 3, 1, 0).reshape(-1, 40)
    return array.transpose(2, 3, 1, 0) if name.endswith("/kernel") else array
