"""What finds faces and landmarks in pictures."""

from lfsrkit.registry import Row

DETECTORS: dict[str, Row] = {
    "blazeface": Row(
        "lfsrkit.detectors.blazeface:BlazeFace",
        "Find faces from about 20 pixels with BlazeFace, and place eyes and mouths by the face mesh",
    ),
}

LANDMARKERS: dict[str, Row] = {
    "face_mesh": Row("lfsrkit.regions.landmarkers:FaceMesh68", "MediaPipe's face mesh under LiteRT, 68 of its points"),
}
