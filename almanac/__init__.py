"""The Open-Weights Almanac: a record of open-weights language models and the book made from it."""
