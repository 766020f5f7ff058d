"""The sandbox's own page at `/_sandbox`: what is going on in it, and buttons to make it go on."""
