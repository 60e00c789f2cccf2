"""Read handed-in weights; kind and size of each array are checked before it is unpacked."""

import io
import re
import zipfile

import numpy as np

from cnn_utils.errors import KitError

MAX_BYTES = 200_000_000
MAX_ARRAYS = 2_000
HEADER = 4_096


class BadWeights(KitError):
    """A file of weights is invalid; the message gives the reason."""


class OtherShapes(BadWeights):
    """The weights are those of another network than the one asked for."""


def read_weights(data: bytes, shapes: list[tuple[int, ...]] | None = None) -> list[np.ndarray]:
    """Return the arrays of an ``.npz`` file that `numpy.savez` wrote, in their order.

    Parameters
    ----------
    data : bytes
        Untrusted content of the file: no pickle is loaded, and nothing is unpacked before its
        size is known.
    shapes : list of tuple of int, optional
        Required shapes of the arrays, in any order.

    Returns
    -------
    arrays : list of ndarray, float32, finite

    Raises
    ------
    BadWeights
        If the file is invalid or too large.
    OtherShapes
        If it has other shapes.
    """
    if len(data) > MAX_BYTES:
        raise BadWeights(f"The weights have {len(data) / 1e6:.0f} MB; at most 200 are read.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _members(archive)
            headers = [_header(archive, member) for member in members]
            if shapes is not None and sorted(headers) != sorted(shapes):
                raise OtherShapes("The weights' shapes are not those of the network asked for.")
            return [_array(archive, m, shape) for m, shape in zip(members, headers, strict=True)]
    except BadWeights:
        raise
    except Exception as error:  # of any kind: the bytes are untrusted
        raise BadWeights(f"The weights can't be read ({type(error).__name__}).") from None


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    names = [member.filename for member in members]
    if not 0 < len(names) <= MAX_ARRAYS or names != [f"arr_{i}.npy" for i in range(len(names))]:
        raise BadWeights("The weights are not stored as `save_for_grading` stores them.")
    if any(member.flag_bits & 1 for member in members):
        raise BadWeights("The weights are encrypted.")
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise BadWeights("The weights would take more than 200 MB.")
    return members


def _header(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[int, ...]:
    """Read an array's shape from its header, which is parsed and never evaluated."""
    with archive.open(member) as file:
        start = file.read(HEADER)
    if start[:6] != b"\x93NUMPY" or start[6] not in (1, 2):
        raise BadWeights("The weights hold a member that is not an array.")
    size = int.from_bytes(start[8:10] if start[6] == 1 else start[8:12], "little")
    first = 10 if start[6] == 1 else 12
    text = start[first : first + size].decode("latin-1")
    match = re.fullmatch(
        r"\{'descr': '<f4', 'fortran_order': False, 'shape': \(((?:\d{1,9}, ?)*\d{0,9}),?\), \}\s*",
        text,
    )
    if match is None:
        raise BadWeights("The weights must be plain float32 arrays.")
    shape = tuple(int(part) for part in match[1].replace(" ", "").split(",") if part)
    if first + size + 4 * int(np.prod(shape, dtype=object)) != member.file_size:
        raise BadWeights("The size of the weights does not match their shapes.")
    return shape


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shape) -> np.ndarray:
    n_bytes = 4 * int(np.prod(shape, dtype=object))
    with archive.open(member) as file:
        content = file.read(member.file_size)
    array = np.frombuffer(content[len(content) - n_bytes :], "<f4").reshape(shape)
    if not np.isfinite(array).all():
        raise BadWeights("The weights hold NaN or infinity.")
    return array
