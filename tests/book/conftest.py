import nbformat
import pytest


@pytest.fixture(scope="session")
def write():
    """Writes a notebook of the given code cells; a first one that sets names is `parameters`."""

    def write(path, *cells, parameters=None):
        notebook = nbformat.v4.new_notebook()
        notebook.metadata["kernelspec"] = {
            "name": "python3", "display_name": "Python 3", "language": "python"
        }  # fmt: skip
        notebook.cells.append(nbformat.v4.new_markdown_cell("# Title", id="title"))
        if parameters:
            tagged = nbformat.v4.new_code_cell(parameters, id="parameters")
            tagged.metadata["tags"] = ["parameters"]
            notebook.cells.append(tagged)
        for number, source in enumerate(cells):
            notebook.cells.append(nbformat.v4.new_code_cell(source, id=f"code-{number}"))
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        return path

    return write
