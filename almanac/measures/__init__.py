"""What the chapters measure: a module a chapter and what they share; frames in, frames or
estimates out."""
