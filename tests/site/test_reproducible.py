"""Two builds of one edition, in two places, give the same site to the byte."""

import filecmp
import shutil


def differences(one, other):
    """Paths below two folders that are in one only, or whose bytes differ."""
    files = [
        {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
        for folder in (one, other)
    ]
    _, differing, unreadable = filecmp.cmpfiles(one, other, files[0] & files[1], shallow=False)
    return sorted(map(str, [*(files[0] ^ files[1]), *differing, *unreadable]))


def test_two_builds_are_the_same(built_site, frozen_record, run, tmp_path):
    """From the same executed notebooks, which nbval and the recorded outputs hold to account."""
    shutil.copytree(built_site.parent / "executed", tmp_path / "_build" / "executed")
    # other orders of sets show where one decides what a page says; not `almanac build`, which
    # has kernels ready before it knows that none is needed
    done = run("jupyter-book", "build", "-q", ".", "--path-output", tmp_path,
               ALMANAC_DATA=str(frozen_record), PYTHONHASHSEED="7")  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    again = tmp_path / "_build" / "html"
    assert (again / "index.html").exists()
    assert differences(built_site, again) == []


def test_a_difference_is_seen(tmp_path):
    for name, text in [("one", "a"), ("other", "b")]:
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "same").write_text("same")
        (tmp_path / name / "deep" / "file").write_text(text)
        (tmp_path / name / f"only in {name}").touch()
    found = differences(tmp_path / "one", tmp_path / "other")
    assert found == ["deep/file", "only in one", "only in other"]
