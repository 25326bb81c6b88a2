"""Random weights under which the scores of different inputs differ."""

import math

import torch


def random_weights(model, classes, scores):
    """He's weights in every matrix, if the scores then stay finite; the model's own otherwise, but for its heads."""
    own = {name: part.detach().clone() for name, part in model.named_parameters()}
    with torch.no_grad():
        for part in model.parameters():
            if part.dim() >= 2 and part.is_floating_point():
                part.normal_(0, math.sqrt(2 / math.prod(part.shape[1:])))
        if not usable(scores(model)):
            for name, part in model.named_parameters():
                part.copy_(own[name])
        for part in model.parameters():
            if part.dim() >= 1 and part.shape[0] == classes:
                part.normal_(0, 1)


def usable(scores):
    return bool(scores.isfinite().all()) and float(scores.abs().max()) < 1e6
