"""What the chapters measure: one module a chapter, frames in, frames or estimates out."""
