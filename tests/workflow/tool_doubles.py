"""Tool models and models that do as a test says, and the step that most tests of requests run."""

from glasswork.knowledge.store import Shelf
from glasswork.models.scripted import ScriptedModel
from glasswork.tools import Health, MediaStore, spec_of

TOOLS = {
    "read": "description: Reads the text in a picture.\ninputs: {image: image}\noutput: text\nbuiltin: calculate\n",
    "shout": "description: Makes a text loud.\ninputs: {text: text}\noutput: text\nbuiltin: calculate\n",
}
STEP = 'look: {dispatch: {request: "{{ inputs.ask }}", tools: [read, shout], files: ["{{ inputs.photos }}"], planner: given}}'


class Scripted(ScriptedModel):
    places = ()

    async def get(self, name):
        return self

    async def complete(self, request, *, place="", on_text=None):
        self.places = (*self.places, place)
        return await super().complete(request, place=place, on_text=on_text)


class Nobody(Scripted):
    def __init__(self):
        super().__init__([])


class Supply:
    """Opens tools that do as the test says; takes files from one folder."""

    def __init__(self, folder, does):
        self.store, self.folder, self.does = MediaStore(folder / "media"), folder, does
        self.media, self.shelf = self.store.folder, Shelf(folder / "knowledge")
        self.calls, self.taken = [], []

    def open(self, found):
        supply = self

        class Tool:
            spec = spec_of(found.name, found.definition)

            async def call(self, arguments, *, timeout=None):
                supply.calls.append(found.name)
                made = supply.does[found.name](**arguments)
                if isinstance(made, Exception):
                    raise made
                return made

            async def health(self):
                return Health(ok=True)

            async def aclose(self):
                pass

        return Tool()

    def clean(self, data):
        return data

    def take(self, path):
        self.taken.append(path)
        return self.store.take(self.folder / path)
