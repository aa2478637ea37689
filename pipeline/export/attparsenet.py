"""AttParseNet in PyTorch: which of CelebA's 40 attributes a face has, and where.

    import attparsenet, torch
    network = attparsenet.load("weights.safetensors").eval()
    images = torch.zeros(1, 109, 89, 3, dtype=torch.uint8)  # RGB; card.json has size, framing and names
    logits, maps = network(attparsenet.to_input(images))    # [1, 40], [1, 40, h, w]

`network.train()` goes on with training, `attparsenet.save(network, FILE)` writes what `import` reads again.
"""
import json
import struct

import torch
from torch import nn
from torch.nn import functional

ATTRIBUTES = 40


def to_input(images):
    """Images u8 [B, H, W, 3], RGB, to f32 [B, 3, H, W], -1 to 1."""
    return images.permute(0, 3, 1, 2).float() / 127.5 - 1


class AttParseNet(nn.Module):
    """Images f32 [B, 3, H, W], -1 to 1, to logits [B, 40] and maps [B, 40, h, w].

    network: what decides the sizes, as `network` in card.json has it. The names of the architecture `plain`
    are those of the reference. texts: what `save` writes besides.
    """

    def __init__(self, network, texts=()):
        super().__init__()
        self.texts = dict(texts, network=json.dumps(network), range="-1,1")
        size = network["input"]["height"], network["input"]["width"]
        widths, head = network["widths"], network["maskHead"]
        self.is_plain = network["architecture"] == "plain"
        # The stage, from 0, whose output a mask head with context sees.
        self.early = min(2 if self.is_plain else 1, len(widths) - 1)
        if self.is_plain:
            self.convolution = plain_layers(widths)
        else:
            first = nn.Conv2d(3, widths[0], 7, bias=False), nn.BatchNorm2d(widths[0])
            self.stem = nn.Sequential(*first, nn.ReLU(), nn.MaxPool2d(2))
            pairs = list(zip(widths, widths[1:]))
            self.blocks = nn.ModuleList(Block(a, b, i == 0) for i, (a, b) in enumerate(pairs))
            last = nn.Conv2d(widths[-1], ATTRIBUTES, 3, bias=False), nn.BatchNorm2d(ATTRIBUTES)
            self.features = nn.Sequential(nn.BatchNorm2d(widths[-1]), nn.ReLU(), *last)
        height, width = feature_size(network)
        logits = nn.Linear(ATTRIBUTES * height * width, ATTRIBUTES)
        if self.is_plain:
            self.fully_connected = nn.Sequential(logits)
        else:
            self.logits = logits
        self.mask_head = None
        if head == "separate":
            filters = nn.Conv2d(ATTRIBUTES, ATTRIBUTES, 1, bias=False)
            self.mask_head = nn.Sequential(filters, nn.BatchNorm2d(ATTRIBUTES))
        elif head == "context":
            self.mask_head = ContextHead(widths[self.early], size)

    def forward(self, images):
        features, early = self.plain(images) if self.is_plain else self.residual(images)
        dense = self.fully_connected if self.is_plain else self.logits
        logits = dense(features.flatten(1))
        if self.mask_head is None:
            return logits, features
        is_context = isinstance(self.mask_head, ContextHead)
        return logits, self.mask_head(early if is_context else features)

    def plain(self, images):
        end = 3 * self.early + 4
        early = self.convolution[:end](images)
        return self.convolution[end:](early), functional.max_pool2d(early, 2)

    def residual(self, images):
        x = early = self.stem(images)
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index + 1 == self.early:
                early = x
        return self.features(x), early


def plain_layers(widths):
    """A convolution behind the other, each normalised; a pool behind the first."""
    layers, channels = [], 3
    for index, filters in enumerate([*widths, ATTRIBUTES]):
        layers += [nn.Conv2d(channels, filters, 3 if index else 7), nn.BatchNorm2d(filters)]
        if index < len(widths):
            layers.append(nn.ReLU())
        if index == 0:
            layers.append(nn.MaxPool2d(2))
        channels = filters
    return nn.Sequential(*layers)


def feature_size(network):
    """Height and width of the maps that the logits see: no convolution pads."""
    sides = []
    for side in (network["input"]["height"], network["input"]["width"]):
        side = (side - 6) // 2
        for index in range(len(network["widths"]) - 1):
            side -= 2 if network["architecture"] == "plain" else 4
            if network["architecture"] == "residual" and index == 0:
                side //= 2
        sides.append(side - 2)
    return sides


class Block(nn.Module):
    """Two convolutions, each with normalisation and ReLU before it, added to the middle of what came in."""

    def __init__(self, channels, filters, pool):
        super().__init__()
        self.norm_a = nn.BatchNorm2d(channels)
        self.conv_a = nn.Conv2d(channels, filters, 3, bias=False)
        self.norm_b = nn.BatchNorm2d(filters)
        self.conv_b = nn.Conv2d(filters, filters, 3, bias=False)
        self.conv_c = nn.Conv2d(channels, filters, 1, bias=False) if channels != filters else None
        self.pool = pool

    def forward(self, x):
        first = self.norm_a(x).relu()
        branch = self.conv_b(self.norm_b(self.conv_a(first)).relu())
        straight = (x if self.conv_c is None else first)[:, :, 2:-2, 2:-2]
        total = branch + (straight if self.conv_c is None else self.conv_c(straight))
        return functional.max_pool2d(total, 2) if self.pool else total


class ContextHead(nn.Module):
    """Maps of half the image's side, from early features on three scales; they begin at a mean mask."""

    def __init__(self, channels, size, width=32):
        super().__init__()
        self.grids = [[side // 4 // 2**scale for side in size] for scale in range(3)]
        self.norm = nn.BatchNorm2d(channels)
        for name, filters in zip("abcde", [channels, width, width, width, width]):
            convolution = nn.Conv2d(filters, width, 3, padding=1, bias=False)
            self.add_module(name, nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU()))
        self.enlarge_d = nn.ConvTranspose2d(width, width, 2, 2, bias=False)
        self.enlarge_e = nn.ConvTranspose2d(width, width, 2, 2, bias=False)
        self.enlarge = nn.ConvTranspose2d(width, ATTRIBUTES, 2, 2, bias=False)
        height, width = (2 * side for side in self.grids[0])
        self.register_buffer("prior", torch.zeros(ATTRIBUTES, height, width))

    def forward(self, early):
        fine, middle, _ = self.grids
        a = self.a(fit(self.norm(early).relu(), fine))
        b = self.b(functional.max_pool2d(a, 2))
        c = self.c(functional.max_pool2d(b, 2))
        d = self.d(b + fit(self.enlarge_d(c), middle))
        e = self.e(a + fit(self.enlarge_e(d), fine))
        return (self.enlarge(e) + self.prior).sigmoid()


def fit(x, grid):
    """x in the middle of a grid of zeros; an odd row or column is the last."""
    down, across = (side - own for side, own in zip(grid, x.shape[2:]))
    return functional.pad(x, (across // 2, across - across // 2, down // 2, down - down // 2))


def load(path):
    """The network in a file of `export --format pytorch`."""
    tensors, metadata = read_safetensors(path)
    texts = {name: metadata[name] for name in ("preset", "learnt")}
    network = AttParseNet(json.loads(metadata["network"]), texts)
    network.load_state_dict(tensors)
    return network


def save(network, path):
    """Writes a network for `import`."""
    write_safetensors(path, network.state_dict(), network.texts)


def read_safetensors(path):
    """The tensors of a file by their names, and its texts. Source: github.com/huggingface/safetensors."""
    with open(path, "rb") as file:
        header = json.loads(file.read(*struct.unpack("<Q", file.read(8))))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {name} is {entry['dtype']}, not F32")
        start, end = entry["data_offsets"]
        numbers = torch.frombuffer(bytearray(data[start:end]), dtype=torch.float32)
        tensors[name] = numbers.reshape(entry["shape"])
    return tensors, metadata


def write_safetensors(path, tensors, metadata=()):
    """Writes the tensors of fractions, such as a `state_dict`, as f32."""
    header, parts, end = {"__metadata__": dict(metadata)}, [], 0
    for name, tensor in tensors.items():
        if not tensor.is_floating_point():
            continue
        parts.append(tensor.detach().cpu().float().contiguous().numpy().tobytes())
        offsets = [end, end + len(parts[-1])]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        end = offsets[1]
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))
