"""The perceptron looks at every pixel by itself, so that it is blind to their order."""

import torch

from models.registry import create


def test_pixels_in_another_order_with_weights_in_that_order_are_the_same():
    network = create("mlp", channels=1, image_size=8, width=16).eval()
    images, order = torch.rand(5, 1, 8, 8), torch.randperm(64)
    expected = network(images)
    network[1].weight.data = network[1].weight.data[:, order]
    shuffled = images.flatten(1)[:, order].reshape(5, 1, 8, 8)
    assert torch.allclose(network(shuffled), expected, atol=1e-5)
    assert not torch.allclose(network(images), expected, atol=1e-2)
    assert expected.shape == (5, network.features)
