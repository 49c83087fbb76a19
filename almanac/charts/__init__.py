"""How charts look: the theme, the encodings all charts share, one function a chart form."""
