from almanac.measures.writing import many


def test_a_count_with_its_noun():
    assert many(1, "organisation") == "1 organisation"
    assert many(0, "organisation") == "0 organisations"
    assert many(1049, "release") == "1,049 releases"
