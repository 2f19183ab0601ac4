"""The template of the feature repository, which `flightline.feature_store` copies to a folder."""
