"""Parts of train_lipschitz_transformer.py: data, models, certificates, attack, plots."""
