"""Run ``python -m glasswork``."""

from glasswork.cli.main import main

if __name__ == "__main__":
    main()
