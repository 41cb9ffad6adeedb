"""A notebook that is only looked at stays as it is."""

from functools import wraps

from ipykernel.ipkernel import IPythonKernel
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager as Files


class Contents(Files):
    """When JupyterLab opens a notebook it writes the kernel's version into it, and takes the notebook for changed.
    Here it finds the version in what it gets, and when it saves, that does not reach the file."""

    @wraps(Files.get)
    async def get(self, path, content=True, *args, **kwargs):
        model = await super().get(path, content, *args, **kwargs)
        if content and model["type"] == "notebook":
            model["content"]["metadata"].setdefault("language_info", IPythonKernel.language_info)
        return model

    @wraps(Files.save)
    async def save(self, model, path=""):
        if model["type"] == "notebook":
            model["content"]["metadata"].pop("language_info", None)
        return await super().save(model, path)
