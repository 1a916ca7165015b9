"""Twenty made-up requests with files, what fulfils each, and how an answer to it is checked."""
