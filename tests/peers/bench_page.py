"""Python peers that draw a page: what `page.json` says, with badge.png of inputs.py, in the fonts of the PDF badge.

reportlab draws it without tags, PDF/A and attachment, which it has not. weasyprint is asked for PDF/UA-1 and the attachment;
it draws no QR code. Both keep fonts and picture in the process where they can. Prints one JSON line per case.
"""

import base64
import functools
import io
import json
import pathlib
import sys

from harness import bench
from inputs import badge

FOLDER = pathlib.Path(__file__).parent
FONTS = FOLDER.parents[1] / ".local" / "fonts"
PAGE = json.loads((FOLDER / "page.json").read_text("utf-8"))
CREDENTIAL = (FOLDER / "fixture.json").read_bytes()
WIDTH, HEIGHT = 841.89, 595.28
COLUMN, COLUMN_WIDTH = 330, 440


def bench_reportlab() -> None:
    from reportlab.graphics import renderPDF
    from reportlab.graphics.barcode.qr import QrCodeWidget
    from reportlab.graphics.shapes import Drawing
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Paragraph

    for name in ("NotoSansJP-Regular", "NotoSerifJP-SemiBold"):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))
    picture = ImageReader(io.BytesIO(badge()))
    style = functools.partial(ParagraphStyle, "", wordWrap="CJK")
    serif, sans = "NotoSerifJP-SemiBold", "NotoSansJP-Regular"

    def page() -> bytes:
        out = io.BytesIO()
        canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), pageCompression=1, invariant=1)
        canvas.setTitle(PAGE["badge_name"])
        canvas.rect(22, 22, WIDTH - 44, HEIGHT - 44)
        canvas.drawImage(picture, 67, HEIGHT - 288, 176, 176, mask="auto")
        top = HEIGHT - 62
        texts = [(serif, 20, "認定証"), (serif, 35, PAGE["recipient"]), (serif, 22, PAGE["badge_name"])]
        texts += [(sans, 10, PAGE["description"]), *((sans, 9, f"・{item}") for item in PAGE["criteria"])]
        texts += [(serif, 10, PAGE["issuer_name"]), (sans, 6.5, PAGE["credential_url"])]
        for font, size, text in texts:
            paragraph = Paragraph(text, style(fontName=font, fontSize=size, leading=size * 1.5))
            _, height = paragraph.wrap(COLUMN_WIDTH, HEIGHT)
            top -= height + 8
            paragraph.drawOn(canvas, COLUMN, top)
        drawing = Drawing(90, 90)
        drawing.add(QrCodeWidget(PAGE["validator_url"], barLevel="M", barWidth=90, barHeight=90))
        renderPDF.draw(drawing, canvas, 110, 80)
        canvas.linkURL(PAGE["validator_url"], (110, 60, 200, 80))
        canvas.save()
        return out.getvalue()

    assert page().startswith(b"%PDF-")
    bench("reportlab", "page-beside-reportlab", page)


def bench_weasyprint() -> None:
    from weasyprint import CSS, HTML, Attachment
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    faces = "".join(
        f"@font-face {{ font-family: {name}; src: url('{(FONTS / file).as_uri()}') }}"
        for name, file in (("sans", "NotoSansJP-Regular.ttf"), ("serif", "NotoSerifJP-SemiBold.ttf"))
    )
    css = CSS(string=faces + """
        @page { size: A4 landscape; margin: 22pt } body { font: 10pt/1.5 sans } h1, h2 { font-family: serif; font-weight: normal }
        div { position: absolute; left: 308pt; top: 40pt; width: 440pt } img { position: absolute; left: 45pt; top: 90pt; width: 176pt }
    """, font_config=fonts)
    items = "".join(f"<li>{item}</li>" for item in PAGE["criteria"])
    picture = f"data:image/png;base64,{base64.b64encode(badge()).decode()}"
    html = f"""<html lang="ja"><title>{PAGE["badge_name"]}</title><img src="{picture}" alt="badge"><div><p>認定証</p>
        <h1>{PAGE["recipient"]}</h1><h2>{PAGE["badge_name"]}</h2><p>{PAGE["description"]}</p><ol>{items}</ol>
        <p>{PAGE["issuer_name"]}</p><p><a href="{PAGE["validator_url"]}">{PAGE["credential_url"]}</a></p></div></html>"""
    cache = {}

    def page() -> bytes:
        attachment = Attachment(string=CREDENTIAL, name="credential.json")
        return HTML(string=html).write_pdf(
            stylesheets=[css], font_config=fonts, cache=cache, pdf_variant="pdf/ua-1", attachments=[attachment],
        )

    assert page().startswith(b"%PDF-")
    bench("weasyprint", "page-beside-weasyprint", page)


bench_reportlab()
try:
    bench_weasyprint()
except OSError as error:
    print(f"peers: weasyprint is left out: {error}", file=sys.stderr)
