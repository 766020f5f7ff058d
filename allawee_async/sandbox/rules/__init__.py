"""What the sandbox does where the documents are silent."""
