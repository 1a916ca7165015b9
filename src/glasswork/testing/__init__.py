"""Suites for whoever writes a plug-in: inherit a class, give it the fixture it names, and run it with pytest.

``glasswork.testing.sandbox`` has what every sandbox promises, and ``glasswork.testing.hostile.suite`` what no program
may get out of one; ``glasswork.testing.tools`` has what every tool model promises. All need pytest and pytest-asyncio;
nothing else of Glasswork imports them.
"""
