//! What a file holds, told by its first bytes.

/// Whether a file of so many bytes that begins so is a model, or an archive that may hold one: safetensors,
/// ONNX and other protobuf models, pickles, GGUF, HDF5, numpy arrays, flatbuffers of TensorFlow Lite,
/// onnxruntime and ExecuTorch, OpenVINO's graphs, zip, tar and their like.
pub fn begins_like_model(beginning: &[u8], size: u64) -> bool {
    let begins = |magic: &&[u8]| beginning.starts_with(magic);
    MODELS.iter().any(begins)
        || beginning.get(4..8).is_some_and(|id| FLATBUFFERS.contains(&id))
        || beginning.get(257..262) == Some(b"ustar")
        || is_safetensors(beginning, size)
        || is_protobuf_model(beginning)
        || is_pickle(beginning)
        || is_archive(beginning)
        || is_openvino(beginning)
}

/// Pictures, sound, films, documents, fonts and programs: large, binary, and no weights.
pub(super) fn is_media(beginning: &[u8]) -> bool {
    let begins = |magic: &&[u8]| beginning.starts_with(magic);
    MEDIA.iter().any(begins) || beginning.get(4..8) == Some(b"ftyp") || is_document(beginning)
}

const MODELS: [&[u8]; 14] = [
    b"GGUF",
    b"GGML",
    b"lmgg",
    b"fmgg",
    b"tjgg",
    b"\x89HDF\r\n\x1a\n",
    b"\x93NUMPY",
    b"RKNN",
    b"ftrt",
    b"ptrt",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"7767517\n",
    b"TORCH",
];

/// Identifiers that flatbuffers have behind their first offset.
const FLATBUFFERS: [&[u8]; 5] = [b"TFL3", b"ORTM", b"ET12", b"ET13", b"PTMF"];

const MEDIA: [&[u8]; 24] = [
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"%PDF-",
    b"OggS",
    b"fLaC",
    b"ID3",
    b"\xff\xfb",
    b"wOFF",
    b"wOF2",
    b"OTTO",
    b"\0\x01\0\0\0",
    b"\x7fELF",
    b"MZ",
    b"\0asm",
    b"SQLite format 3\0",
    b"PAR1",
    b"ARROW1",
    b"\xca\xfe\xba\xbe",
    b"II*\0",
    b"MM\0*",
    b"8BPS",
    b"\x1aE\xdf\xa3",
];

/// A length, and as many bytes of JSON behind it.
fn is_safetensors(beginning: &[u8], size: u64) -> bool {
    let Some((length, rest)) = beginning.split_first_chunk::<8>() else { return false };
    let length = u64::from_le_bytes(*length);
    let fits = length >= 2 && length.checked_add(8).is_some_and(|end| end <= size);
    fits && rest.first() == Some(&b'{') && rest.get(1).is_none_or(|next| b"\"} \t\r\n".contains(next))
}

/// ONNX, CoreML and TensorFlow's saved models begin with a small version and a field behind it.
fn is_protobuf_model(beginning: &[u8]) -> bool {
    let version = matches!(beginning, [0x08, 1..=40, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42, ..]);
    version || is_graph_first(beginning)
}

/// A graph of ONNX, and in it a node, a name or a tensor; no text has such bytes.
fn is_graph_first(beginning: &[u8]) -> bool {
    let Some(rest) = beginning.strip_prefix(&[0x3a]) else { return false };
    let length = rest.iter().take(10).position(|byte| *byte < 0x80);
    let field = length.and_then(|end| rest.get(end + 1));
    field.is_some_and(|tag| [0x0a, 0x12, 0x2a].contains(tag)) && rest.iter().any(|byte| *byte < 9)
}

/// Protocols 2 to 5 say so; older ones begin with a name of a module and one in it.
fn is_pickle(beginning: &[u8]) -> bool {
    let is_module = |rest: &[u8]| PICKLED.iter().any(|known| rest.starts_with(known));
    matches!(beginning, [0x80, 2..=5, ..]) || beginning.strip_prefix(b"c").is_some_and(is_module)
}

/// Modules whose objects old pickles begin with.
const PICKLED: [&[u8]; 8] = [
    b"__builtin__\n",
    b"builtins\n",
    b"collections\n",
    b"copy_reg\n",
    b"numpy.core.multiarray\n",
    b"os\n",
    b"posix\n",
    b"torch._utils\n",
];

fn is_archive(beginning: &[u8]) -> bool {
    beginning.starts_with(b"PK\x03\x04") && !is_document(beginning)
}

/// An archive whose first file is that of office documents, books or Java.
fn is_document(beginning: &[u8]) -> bool {
    let name = beginning.starts_with(b"PK\x03\x04").then(|| beginning.get(30..)).flatten();
    let known = |name: &[u8]| DOCUMENTS.iter().any(|known| name.starts_with(known));
    name.is_some_and(known)
}

const DOCUMENTS: [&[u8]; 4] = [b"[Content_Types].xml", b"_rels/", b"mimetype", b"META-INF/"];

/// A graph as text, whose weights lie beside it.
fn is_openvino(beginning: &[u8]) -> bool {
    let text = String::from_utf8_lossy(beginning);
    text.contains("<net ") && (text.contains("<layers>") || text.contains("<?xml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_known_by_how_they_begin() {
        let header = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let safetensors = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 4]].concat();
        assert!(begins_like_model(&safetensors, safetensors.len() as u64));
        assert!(!begins_like_model(&safetensors, 20), "the header would not fit");
        let mut zip = b"PK\x03\x04".to_vec();
        zip.resize(30, 0);
        for beginning in [
            &b"GGUF\x03"[..],
            b"\x89HDF\r\n\x1a\n",
            b"\x80\x02}q\0",
            b"\x93NUMPY\x01",
            b"\x1c\0\0\0TFL3",
            b"\x08\0\0\0ORTM",
            b"\x08\x08\x12\x07pytorch:",
            b"cnumpy.core.multiarray\n_reconstruct\n",
            b"<?xml version=\"1.0\"?>\n<net name=\"x\" version=\"11\">\n<layers>",
            &[&zip[..], b"archive/data.pkl"].concat(),
        ] {
            assert!(begins_like_model(beginning, 1 << 20), "{beginning:?}");
        }
        for beginning in [
            &b""[..],
            b"text",
            b":text of a list\n",
            b"class A:\n",
            b"<?xml version=\"1.0\"?>\n<project>",
            b"{\"a\": 1}",
            b"%PDF-1.5",
            &[&zip[..], b"[Content_Types].xml"].concat(),
        ] {
            assert!(!begins_like_model(beginning, 1 << 20), "{beginning:?}");
        }
    }
}
