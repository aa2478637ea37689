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
