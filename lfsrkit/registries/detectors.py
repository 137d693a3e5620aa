"""What finds landmarks in pictures."""

from lfsrkit.registry import Row

LANDMARKERS: dict[str, Row] = {
    "face_mesh": Row("lfsrkit.regions.landmarkers:FaceMesh68", "MediaPipe's face mesh under LiteRT, 68 of its points"),
}
