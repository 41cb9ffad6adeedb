"""JupyterLab as the course opens it: `make lab`, or `python -m tools.lab`."""
