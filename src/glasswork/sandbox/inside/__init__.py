"""What runs inside a sandbox: the launcher. Standard library only; nothing here imports anything else of Glasswork.

Every backend shows these files, and no others of Glasswork, as the package ``inside`` in ``/glasswork``.
"""
