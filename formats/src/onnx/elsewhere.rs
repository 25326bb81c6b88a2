//! Numbers of a model that are not among its tensors: in bodies that nobody looks into, in sparse tensors, in
//! attributes.

use std::collections::{BTreeMap, HashSet};

use super::{
    places::{FLOATS, Place},
    schema::Kind,
    storage,
    tree::Message,
};
use crate::{Dtype, TensorInfo, reader::Reader};

/// Every tensor and every list of floats that is not in one of these places, as it says of itself; of one that
/// says nonsense, bytes without end.
pub(super) fn elsewhere(file: &Reader, tree: &Message, places: &BTreeMap<String, Place>) -> Vec<TensorInfo> {
    let known = places.values().map(Place::path).collect();
    let mut search = Search { file, known, found: Vec::new() };
    search.below(tree, &mut Vec::new());
    search.found
}

struct Search<'a> {
    file: &'a Reader,
    known: HashSet<&'a [usize]>,
    found: Vec<TensorInfo>,
}

impl Search<'_> {
    fn below(&mut self, message: &Message, path: &mut Vec<usize>) {
        if self.known.contains(path.as_slice()) {
            return;
        }
        match message.kind {
            Kind::Tensor => {
                let unknown = TensorInfo { dtype: Dtype::U8, shape: vec![usize::MAX] };
                let info = storage::declaration(self.file, message, "").map_or(unknown, |(info, _)| info);
                self.found.push(info);
            }
            Kind::Attribute => {
                let bytes: u64 =
                    message.all(FLOATS).map(|(_, field)| field.body()).map(|it| it.end - it.start).sum();
                let count = usize::try_from(bytes / 4).unwrap_or(usize::MAX);
                self.found.extend((count > 0).then(|| TensorInfo { dtype: Dtype::F32, shape: vec![count] }));
            }
            _ => {}
        }
        for (position, field) in message.fields.iter().enumerate() {
            if let Some(inner) = field.message() {
                path.push(position);
                self.below(inner, path);
                path.pop();
            }
        }
    }
}
