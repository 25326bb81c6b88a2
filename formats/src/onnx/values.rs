//! New values for stored tensors, each in the kind of storage that the old value has.

use std::collections::BTreeMap;

use super::{
    element::{self, DATA_FIELDS, RAW_DATA, STRING_DATA, wire_of},
    encode::{dims, float_field},
    external::External,
    places::{Home, Place},
    scalars,
    storage::{self, DIMS, EXTERNAL_DATA, Source, Storage},
    tree::{Content, Message},
    wire::{Wire, delimited, varint_field},
};
use crate::{FormatError, NewTensor, Problem, TensorInfo};

/// Sets values of tensors, in the model's tree and in the files beside it.
pub(super) struct Values<'a> {
    source: Source<'a>,
    places: &'a BTreeMap<String, Place>,
    pub(super) external: External,
}

impl<'a> Values<'a> {
    pub(super) fn new(
        source: Source<'a>,
        tree: &Message,
        places: &'a BTreeMap<String, Place>,
    ) -> Result<Self, FormatError> {
        Ok(Self { source, places, external: External::of(source, tree)? })
    }

    /// Gives a stored tensor a new value of the same element type.
    pub(super) fn set(&mut self, tree: &mut Message, name: &str, new: &NewTensor) -> Result<(), FormatError> {
        let Some(place) = self.places.get(name) else {
            return Err(self.source.fail(Problem::UnknownTensor { tensor: name.to_owned() }));
        };
        match &place.home {
            Home::Tensor { path } => self.set_message(tree, path, name, &place.info, &place.storage, new),
            Home::Attribute { path, field } => {
                let is_scalar = matches!(field, 2 | 3);
                if is_scalar != new.info.shape.is_empty() || new.info.shape.len() > 1 {
                    let what = format!("its attribute cannot hold the shape {:?}", new.info.shape);
                    return Err(self.source.fail(Problem::Tensor { tensor: name.to_owned(), what }));
                }
                let content = Content::Verbatim(number_field(*field, new));
                tree.at_mut(path)
                    .into_iter()
                    .for_each(|attribute| attribute.set_all(*field, content.clone()));
                Ok(())
            }
        }
    }

    /// Gives the tensor in an attribute a new value of the same element type.
    pub(super) fn set_attribute_tensor(
        &mut self,
        tree: &mut Message,
        path: Vec<usize>,
        name: &str,
        new: &NewTensor,
    ) -> Result<(), FormatError> {
        new.check(name).map_err(|problem| self.source.fail(problem))?;
        let Some(message) = tree.at(&path) else {
            return Err(self.source.fail(Problem::UnknownTensor { tensor: name.to_owned() }));
        };
        let (info, storage) = storage::locate(self.source, message, name)?;
        if info.dtype != new.info.dtype {
            let (found, wanted) = (info.dtype.name(), new.info.dtype.name());
            return Err(self.source.fail(Problem::DtypeChange { tensor: name.to_owned(), found, wanted }));
        }
        self.set_message(tree, &path, name, &info, &storage, new)
    }

    /// Gives a stored tensor of texts other ones.
    pub(super) fn set_strings(
        &self,
        tree: &mut Message,
        name: &str,
        shape: &[usize],
        values: &[Vec<u8>],
    ) -> Result<(), FormatError> {
        let fail = |what: &str| {
            let problem = Problem::Tensor { tensor: name.to_owned(), what: what.to_owned() };
            Err(self.source.fail(problem))
        };
        let Some(place) = self.places.get(name) else {
            return Err(self.source.fail(Problem::UnknownTensor { tensor: name.to_owned() }));
        };
        let Home::Tensor { path } = &place.home else { return fail("it holds numbers, not texts") };
        if !place.info.dtype.is_text() {
            return fail("it holds numbers, not texts");
        }
        if shape.iter().try_fold(1_usize, |product, extent| product.checked_mul(*extent))
            != Some(values.len())
        {
            return fail("its new texts are not as many as its new shape says");
        }
        if let Some(message) = tree.at_mut(path) {
            if shape != place.info.shape {
                message.set_all(DIMS, Content::Verbatim(dims(shape)));
            }
            let fields = values.iter().flat_map(|value| delimited(STRING_DATA, value)).collect();
            message.set_all(STRING_DATA, Content::Verbatim(fields));
        }
        Ok(())
    }

    fn set_message(
        &mut self,
        tree: &mut Message,
        path: &[usize],
        name: &str,
        old: &TensorInfo,
        storage: &Storage,
        new: &NewTensor,
    ) -> Result<(), FormatError> {
        if let Storage::External { file, range } = storage {
            let place = (file, range);
            let replaced = self.external.replace(path, name, place, &new.data);
            replaced.map_err(|problem| self.source.fail(problem))?;
        }
        let Some(message) = tree.at_mut(path) else {
            return Ok(());
        };
        if new.info.shape != old.shape {
            message.set_all(DIMS, Content::Verbatim(dims(&new.info.shape)));
        }
        match storage {
            Storage::External { .. } => set_entries(self.source, message, new),
            Storage::Plain(_) | Storage::Typed => {
                set_data(message, new);
                Ok(())
            }
        }
    }
}

/// New values in the field that has the old ones, or in `raw_data` if there are none.
fn set_data(message: &mut Message, new: &NewTensor) {
    let filled = message
        .fields
        .iter()
        .find(|field| DATA_FIELDS.contains(&field.number) && field.end > field.body)
        .map_or(RAW_DATA, |field| field.number);
    let bytes = match wire_of(filled) {
        Wire::Varint => element::widen(&new.data, new.info.dtype),
        _ => new.data.clone(),
    };
    let is_delimited = message.one(filled).is_some_and(|(_, field)| field.wire == Wire::Delimited);
    let content =
        if is_delimited { Content::Body(bytes) } else { Content::Verbatim(delimited(filled, &bytes)) };
    message.set_all(filled, content);
}

/// Keeps the entries that describe external data true: its length, and no checksum of the old data.
fn set_entries(source: Source<'_>, message: &mut Message, new: &NewTensor) -> Result<(), FormatError> {
    let mut has_length = false;
    for field in message.fields.iter_mut().filter(|field| field.number == EXTERNAL_DATA) {
        let Some(entry) = field.message_mut() else {
            continue;
        };
        match scalars::text(source.file, entry, 1).map_err(|problem| source.fail(problem))?.as_str() {
            "checksum" => field.content = Content::Removed,
            "length" => {
                has_length = true;
                entry.set_single(2, Content::Body(new.data.len().to_string().into_bytes()));
            }
            _ => {}
        }
    }
    if !has_length {
        let length = new.data.len().to_string();
        let entry = [delimited(1, b"length"), delimited(2, length.as_bytes())].concat();
        message.push(EXTERNAL_DATA, Content::Verbatim(delimited(EXTERNAL_DATA, &entry)));
    }
    Ok(())
}

/// A field of an attribute that holds a tensor's values as plain numbers.
fn number_field(number: u32, new: &NewTensor) -> Vec<u8> {
    match number {
        2 => float_field(2, f32::from_le_bytes(new.data.first_chunk().copied().unwrap_or_default())),
        3 => varint_field(3, u64::from_le_bytes(new.data.first_chunk().copied().unwrap_or_default())),
        7 => delimited(7, &new.data),
        _ => delimited(number, &element::widen(&new.data, new.info.dtype)),
    }
}
