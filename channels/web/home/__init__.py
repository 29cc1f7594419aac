"""The home page of a citizen who is signed in, made of boxes that they arrange."""
