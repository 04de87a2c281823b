"""Looking at what does not run: images, files, config.json."""
