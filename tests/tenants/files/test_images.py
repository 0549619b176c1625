"""Pictures: new pixels only, whatever was sent; and nothing that was sent harms or survives."""

import io
import os
import random
import time

import pytest
from PIL import Image

from tenants.files import images
from tenants.files.child import ChildFailed
from tenants.files.images import ImageLimits, ImageRefused, check_form, decode, decoder, reencode
from tests.tenants.files.pictures import chunk, huge_png, photograph, picture, with_profile_bomb
from tests.walls.scorecard import tell

LIMITS = ImageLimits(longest=400, thumbnail=32)
MUTATIONS = int(os.environ.get("YUI_TEST_IMAGE_MUTATIONS", "2000"))
SEED = 20261121


async def refusal(content: bytes, limits: ImageLimits = LIMITS) -> str:
    with pytest.raises(ImageRefused) as refused:
        await reencode(content, limits)
    assert "。" in refused.value.fields["file"]
    return refused.value.reason


class TestReencode:
    async def test_turns_a_photograph_upright_and_forgets_where_it_was_taken(self):
        clean = await reencode(photograph(), LIMITS)
        assert (clean.content_type, clean.width, clean.height) == ("image/jpeg", 48, 64)
        for made in (clean.content, clean.thumbnail):
            shown = Image.open(io.BytesIO(made))
            assert dict(shown.getexif()) == {}
            assert b"Secret" not in made
            assert b"Exif" not in made
            assert "icc_profile" not in shown.info
        assert max(Image.open(io.BytesIO(clean.thumbnail)).size) == 32

    @pytest.mark.parametrize(
        ("kind", "mode", "becomes"),
        [
            ("PNG", "RGBA", "image/png"),
            ("PNG", "P", "image/png"),
            ("PNG", "1", "image/png"),
            ("PNG", "I;16", "image/png"),
            ("PNG", "L", "image/png"),
            ("JPEG", "RGB", "image/jpeg"),
            ("JPEG", "L", "image/jpeg"),
            ("JPEG", "CMYK", "image/jpeg"),
            ("WEBP", "RGB", "image/jpeg"),
            ("WEBP", "RGBA", "image/png"),
        ],
    )
    async def test_takes_every_common_way_to_hold_colours(self, kind: str, mode: str, becomes: str):
        clean = await reencode(picture(kind, mode), LIMITS)
        shown = Image.open(io.BytesIO(clean.content))
        shown.load()
        assert clean.content_type == becomes
        assert shown.mode in {"RGB", "RGBA", "L"}
        assert shown.size == (64, 48)

    async def test_makes_large_pictures_smaller_and_leaves_small_ones(self):
        clean = await reencode(picture("JPEG", size=(3_000, 1_500)), LIMITS)
        assert (clean.width, clean.height) == (400, 200)
        assert len(clean.content) < 40_000

    async def test_keeps_text_chunks_and_profiles_of_a_png_behind(self):
        whole = picture("PNG")
        told = whole[:33] + chunk(b"tEXt", b"Comment\x00SecretText") + whole[33:]
        assert b"Secret" not in (await reencode(told, LIMITS)).content


def spent_seconds() -> float:
    """The processor's seconds so far, ours and our children's: a busy machine changes the clock, not these."""
    return sum(os.times()[:4])


class TestRefusals:
    async def test_of_169_megapixels_come_from_the_header_alone(self):
        sent = huge_png()
        assert len(sent) < 40_000
        before = spent_seconds()
        assert await refusal(sent) == "pixels"
        assert spent_seconds() - before < 5

    async def test_of_a_profile_that_unpacks_without_end_cost_nothing(self):
        before = spent_seconds()
        try:
            await reencode(with_profile_bomb(), LIMITS)
        except ImageRefused as refused:
            assert refused.reason in {"unreadable", "memory"}  # noqa: PT017  (both ways are fine)
        assert spent_seconds() - before < 5

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "svg"),
            (b"<?xml version='1.0'?>\n<!-- x --><svg></svg>", "svg"),
            (b"\x00\x00\x00\x18ftypheic", "heic"),
            (b"%PDF-1.7", "other"),
            (b"", "other"),
            (b"\x89PNG\r\n\x1a\n", "unreadable"),
            (b"\xff\xd8\xff", "unreadable"),
            (b"RIFF\xff\xff\xff\xffWEBP", "unreadable"),
        ],
    )
    async def test_name_what_it_is_instead(self, content: bytes, reason: str):
        assert await refusal(content) == reason

    async def test_of_gifs_and_of_pictures_that_move(self):
        frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
        for kind, reason in (("GIF", "gif"), ("PNG", "animated"), ("WEBP", "animated")):
            made = io.BytesIO()
            frames[0].save(made, kind, save_all=True, append_images=frames[1:])
            assert await refusal(made.getvalue()) == reason

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    async def test_of_what_is_cut_off(self, kind: str):
        whole = picture(kind)
        for kept in (20, len(whole) // 2, len(whole) - 3):
            assert await refusal(whole[:kept]) == "unreadable"

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    @pytest.mark.parametrize("other", [b"PK\x03\x04 a whole archive", b"%PDF-1.4 a whole paper", b"<script>x</script>"])
    async def test_of_two_things_at_once(self, kind: str, other: bytes):
        assert await refusal(picture(kind) + other) == "polyglot"

    async def test_of_another_thing_in_the_notes_at_the_beginning(self):
        assert await refusal(picture("JPEG", comment=b"%PDF-1.4")) == "polyglot"
        whole = picture("PNG")
        assert await refusal(whole[:33] + chunk(b"tEXt", b"x\x00<script>") + whole[33:]) == "polyglot"
        assert await refusal(whole[:33] + chunk(b"tEXt", b"x\x00PK\x05\x06" + bytes(18)) + whole[33:]) == "polyglot"

    async def test_of_bytes_under_a_wrong_name_ask_the_bytes(self):
        gif = io.BytesIO()
        Image.new("P", (4, 4)).save(gif, "GIF")
        assert await refusal(b"\x89PNG\r\n\x1a\n" + gif.getvalue()) == "unreadable"

    async def test_come_when_memory_or_time_run_out_and_the_next_picture_is_read(self):
        large = picture("PNG", "RGB", (6_000, 6_000))
        assert await refusal(large, ImageLimits(longest=400, memory_bytes=160 * 1024**2)) in {"memory", "unreadable"}
        assert await refusal(large, ImageLimits(longest=400, seconds=0.02)) == "time"
        assert (await reencode(picture(), LIMITS)).width == 64


class TestTheChild:
    def test_has_neither_network_nor_files_nor_our_secrets(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("YUI_SECRET_KEY", "a secret of ours")
        said = {}
        for act in ("network", "file", "process", "environment"):
            with images.Child("tests.tenants.files.prying", images.ChildLimits(512 * 1024**2, 5, 10_000)) as child:
                said[act] = child.ask({"act": act}, b"")[0]["said"]
        assert said == {"network": "refused", "file": "refused", "process": "refused", "environment": "[]"}

    def test_that_is_gone_says_so(self):
        with decoder(LIMITS) as child:
            child._process.kill()
            with pytest.raises(ChildFailed):
                child.ask({}, b"x")


class TestMutations:
    def test_of_pictures_end_as_a_picture_or_a_sentence(self):
        dice = random.Random(SEED)  # noqa: S311  (a test's own dice)
        seeds = [photograph(), picture("PNG", "P"), picture("PNG", "RGBA"), picture("WEBP"), picture("JPEG", "CMYK")]
        counts = {"picture": 0, "refused": 0, "child lost": 0}
        started = time.monotonic()
        child = decoder(LIMITS)
        for _ in range(MUTATIONS):
            content = _mutated(dice, dice.choice(seeds))
            try:
                if dice.random() < 0.5:  # half goes straight to the decoder, as if our own look had missed it
                    check_form(content)
                made = decode(child, content, LIMITS)
                Image.open(io.BytesIO(made.content)).load()
                counts["picture"] += 1
            except ImageRefused as refused:
                counts["refused"] += 1
                if isinstance(refused.__cause__, ChildFailed):
                    counts["child lost"] += 1
                    child.__exit__(None, None, None)
                    child = decoder(LIMITS)
        child.__exit__(None, None, None)
        seconds = round(time.monotonic() - started, 1)
        tell("mutated pictures", cases=MUTATIONS, seed=SEED, seconds=seconds, **counts)
        assert counts["picture"] + counts["refused"] == MUTATIONS > 0
        assert counts["picture"] > MUTATIONS // 50
        assert MUTATIONS > 2_000 or seconds < 30


def _mutated(dice: random.Random, seed: bytes) -> bytes:
    content = bytearray(seed)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        at = dice.randrange(len(content))
        what = dice.randrange(5)
        if what == 0:
            content[at] ^= 1 << dice.randrange(8)
        elif what == 1:
            content[at] = dice.choice((0, 0xFF, 0x7F, 0x80))
        elif what == 2:
            del content[at : at + dice.randrange(1, 9)]
        elif what == 3:
            content[at:at] = dice.randbytes(dice.randrange(1, 9))
        else:
            content[at : at + 4] = dice.choice((b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff"))
        if not content:
            content = bytearray(b"\x00")
    return bytes(content)
