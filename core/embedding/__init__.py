"""Items to vectors, (n, d) float32: by a trained network, or as the raw pixels that serve as the reference. Nothing
here trains, measures or stores."""
