//! Convolutions: as one matrix product with what each window reads, or directly where a channel has a kernel of
//! its own.

use candle_core::{DType, Device, Tensor};

use super::chain::{Rows, finished};
use crate::run::{
    Fault,
    call::{Call, Results, extents},
    columns::{FromColumns, ToColumns},
    depthwise::Depthwise,
    host::is_single,
    packed::Packed,
    planes, products,
    window::{LARGEST, Rounding, Span, Window},
};

pub(super) fn forward(call: &Call<'_>) -> Results {
    call.made(convolved(call, call.tensor(0)?, kernels(call)?, call.optional(2)?)?)
}

/// Kernels of a convolution.
#[derive(Clone, Copy)]
pub(super) enum Kernels<'k> {
    Loose(&'k Tensor),
    Packed(&'k Packed),
}

impl Kernels<'_> {
    fn shape(&self) -> &[usize] {
        match self {
            Self::Loose(tensor) => tensor.dims(),
            Self::Packed(packed) => &packed.shape,
        }
    }
}

/// The kernels of the second operand.
pub(super) fn kernels<'c>(call: &Call<'c>) -> Result<Kernels<'c>, Fault> {
    call.packed.map_or_else(|| call.tensor(1).map(Kernels::Loose), |packed| Ok(Kernels::Packed(packed)))
}

/// Plus a bias of each channel.
fn biased(call: &Call<'_>, made: Tensor, bias: Option<&Tensor>) -> Result<Tensor, Fault> {
    let Some(bias) = bias else { return Ok(made) };
    super::pairs::sum(call, &made, &bias.reshape(per_channel(made.dims()))?)
}

/// The shape of a bias, to be broadcast to this one.
fn per_channel(shape: &[usize]) -> Vec<usize> {
    [&[1, shape[1]], &vec![1; shape.len() - 2][..]].concat()
}

/// The windows of a map times kernels, plus a bias of each channel.
pub(super) fn convolved(
    call: &Call<'_>,
    map: &Tensor,
    kernels: Kernels<'_>,
    bias: Option<&Tensor>,
) -> Result<Tensor, Fault> {
    let axes = map.rank().saturating_sub(2);
    let map = planes_of(map)?;
    let [samples, channels, rows, columns] = four(&map)?;
    let [results, per_group, kernel_rows, kernel_columns] = match *kernels.shape() {
        [results, per_group, columns] => [results, per_group, 1, columns],
        [results, per_group, rows, columns] => [results, per_group, rows, columns],
        ref other => return Err(Fault::unsupported(format!("kernels of {} axes", other.len()))),
    };
    let groups = usize::try_from(call.int("group", 1)).unwrap_or(0);
    if groups == 0 || Some(channels) != per_group.checked_mul(groups) || results % groups != 0 {
        return Err(Fault::Compute(format!(
            "{channels} channels for kernels of {per_group} in {groups} groups"
        )));
    }
    let (kernel, extents) = ([kernel_rows, kernel_columns], [rows, columns]);
    let window = Window::of(call, &kernel[2 - axes..], &extents[2 - axes..], Rounding::Down)?;
    let shape = [samples, results, window.rows.count, window.columns.count];
    let elements = call.claim(&shape)? as u64;
    call.claim(&[channels, window.kernel(), samples, window.count()])?;
    call.budget.room(&[channels, window.rows.read(), window.columns.read()])?;
    call.budget.spend(elements.saturating_mul((per_group * window.kernel()) as u64))?;
    let shape = if axes == 1 { vec![samples, results, window.columns.count] } else { shape.to_vec() };
    summed(call, &map, (kernels, groups), window, (bias, &shape))
}

/// By the way that is fastest for what is given.
fn summed(
    call: &Call<'_>,
    map: &Tensor,
    (kernels, groups): (Kernels<'_>, usize),
    window: Window,
    (bias, shape): (Option<&Tensor>, &[usize]),
) -> Result<Tensor, Fault> {
    let is_direct = !call.learns && is_single(map);
    let loose = match kernels {
        Kernels::Loose(kernels) if is_direct => Packed::kernels(kernels, groups)?,
        _ => None,
    };
    let packed = match (kernels, &loose) {
        (Kernels::Packed(packed), _) => Some(packed),
        (Kernels::Loose(_), loose) => loose.as_ref(),
    };
    let rows = Rows { shape, columns: window.count() };
    let own = bias.map(|bias| bias.reshape(per_channel(shape))).transpose()?;
    match (packed, kernels, call.device) {
        (Some(packed), ..) => finished(call, rows, own.as_ref(), |finish| {
            Ok(products::convolved(&map.contiguous()?, packed, window, finish)?.reshape(shape)?)
        }),
        (None, Kernels::Loose(kernels), Device::Cpu) if is_direct => {
            finished(call, rows, own.as_ref(), |finish| {
                Ok(planes::convolved(map, &planes_of(kernels)?, &window, finish)?.reshape(shape)?)
            })
        }
        (None, Kernels::Loose(kernels), device) => {
            let kernels = planes_of(kernels)?;
            let made = match device {
                Device::Cpu => on_host(map, &kernels, window, groups)?,
                _ => on_device(map, &kernels, window, groups)?,
            };
            biased(call, made.reshape(shape)?, bias)
        }
        (None, Kernels::Packed(_), _) => Err(Fault::Compute("its kernels are not at hand".into())),
    }
}

fn on_host(map: &Tensor, kernels: &Tensor, window: Window, groups: usize) -> Result<Tensor, Fault> {
    let [samples, channels, ..] = four(map)?;
    let [results, per_group, ..] = four(kernels)?;
    let map = map.contiguous()?;
    if groups > 1 && per_group == 1 && results == channels && map.dtype() == DType::F32 {
        return Ok(map.apply_op2(&kernels.contiguous()?, Depthwise(window))?);
    }
    let depth = per_group * window.kernel();
    let columns = if window.is_point() {
        map.transpose(0, 1)?.contiguous()?.reshape((channels, samples * window.count()))?
    } else {
        map.apply_op1(ToColumns(window))?
    };
    let kernels = kernels.contiguous()?;
    let made = if groups == 1 {
        kernels.reshape((results, depth))?.matmul(&columns)?
    } else {
        let columns = columns.reshape((groups, depth, samples * window.count()))?;
        kernels.reshape((groups, results / groups, depth))?.matmul(&columns)?
    };
    let shape = (results, samples, window.rows.count, window.columns.count);
    Ok(made.reshape(shape)?.transpose(0, 1)?.contiguous()?)
}

/// A GPU has a kernel for it, with one stride, one dilation and equal pads.
fn on_device(map: &Tensor, kernels: &Tensor, window: Window, groups: usize) -> Result<Tensor, Fault> {
    let Window { rows, columns } = window;
    let alike = |of: fn(Span) -> usize| columns.kernel == 1 || rows.kernel == 1 || of(rows) == of(columns);
    if !alike(|span| span.stride) || !alike(|span| span.dilation) {
        return Err(Fault::unsupported("a convolution whose strides or dilations differ, on a GPU"));
    }
    let padded = map.pad_with_zeros(2, rows.pads[0], rows.pads[1])?;
    let padded = padded.pad_with_zeros(3, columns.pads[0], columns.pads[1])?;
    Ok(padded.conv2d(kernels, 0, columns.stride, columns.dilation, groups)?)
}

/// Each position of the map spreads a kernel over the result: the windows of the result, added up.
pub(super) fn transposed(call: &Call<'_>) -> Results {
    let stated = call.tensor(0)?;
    let axes = stated.rank().saturating_sub(2);
    let (map, kernels) = (planes_of(stated)?.contiguous()?, planes_of(call.tensor(1)?)?.contiguous()?);
    let [samples, channels, rows, columns] = four(&map)?;
    let [inner, per_group, kernel_rows, kernel_columns] = four(&kernels)?;
    let groups = usize::try_from(call.int("group", 1)).unwrap_or(0);
    if groups == 0 || inner != channels || channels % groups != 0 {
        return Err(Fault::Compute(format!("{channels} channels for {inner} kernels in {groups} groups")));
    }
    let (kernel, positions) = ([kernel_rows, kernel_columns], [rows, columns]);
    let span = |at: usize| spread(call, at, axes, kernel[2 - axes + at], positions[2 - axes + at]);
    let window = match axes {
        1 => Window { rows: Span::SINGLE, columns: span(0)? },
        _ => Window { rows: span(0)?, columns: span(1)? },
    };
    let results = per_group.checked_mul(groups).ok_or(Fault::OverBudget("memory"))?;
    call.claim(&[samples, results, window.rows.extent, window.columns.extent])?;
    let elements = call.claim(&[results, window.kernel(), samples, window.count()])? as u64;
    call.budget.spend(elements.saturating_mul((channels / groups) as u64))?;
    let map =
        map.transpose(0, 1)?.contiguous()?.reshape((groups, channels / groups, samples * window.count()))?;
    let kernels = kernels.reshape((groups, channels / groups, per_group * window.kernel()))?;
    let columns = kernels.transpose(1, 2)?.matmul(&map)?.reshape((results * window.kernel(), ()))?;
    let made = columns.apply_op1(FromColumns { window, samples, channels: results })?;
    let made = made.transpose(0, 1)?.contiguous()?;
    call.made(biased(call, if axes == 1 { made.squeeze(2)? } else { made }, call.optional(2)?)?)
}

/// One axis of the result of a transposed convolution: as many windows as there are positions in the map.
fn spread(call: &Call<'_>, at: usize, axes: usize, kernel: usize, count: usize) -> Result<Span, Fault> {
    let stated = |name: &str, at: usize, default: i64| -> Result<usize, Fault> {
        let value = call.ints(name).and_then(|list| list.get(at).copied()).unwrap_or(default);
        let sound = usize::try_from(value).ok().filter(|value| *value <= LARGEST);
        sound.ok_or_else(|| Fault::Compute(format!("{value} among its {name}")))
    };
    let (stride, dilation, more) =
        (stated("strides", at, 1)?, stated("dilations", at, 1)?, stated("output_padding", at, 0)?);
    if !(1..=LARGEST).contains(&kernel) || stride == 0 || dilation == 0 || count == 0 {
        return Err(Fault::Compute("a window without an extent or a step".into()));
    }
    let reach = dilation.saturating_mul(kernel - 1).saturating_add(1);
    let whole = stride.saturating_mul(count - 1).saturating_add(reach).saturating_add(more);
    let auto = call.text("auto_pad");
    let wanted = match call.ints("output_shape").map(extents).transpose()? {
        // Samples and channels may stand before the positions.
        Some(shape) => shape.len().checked_sub(axes).and_then(|first| shape.get(first + at).copied()),
        None if auto.starts_with("SAME") => count.checked_mul(stride),
        None => None,
    };
    let pads = match wanted {
        Some(wanted) => {
            let all = whole.saturating_sub(wanted);
            if auto == "SAME_UPPER" { [all / 2, all - all / 2] } else { [all - all / 2, all / 2] }
        }
        None if auto == "VALID" => [0, 0],
        None => [stated("pads", at, 0)?, stated("pads", at + axes, 0)?],
    };
    let extent = match wanted {
        Some(wanted) => wanted,
        None => whole.saturating_sub(pads[0]).saturating_sub(pads[1]),
    };
    Ok(Span { kernel, dilation, stride, pads, extent, count })
}

/// A map of one axis is one row.
fn planes_of(map: &Tensor) -> Result<Tensor, Fault> {
    match map.rank() {
        3 => Ok(map.unsqueeze(2)?),
        4 => Ok(map.clone()),
        rank => Err(Fault::unsupported(format!("a convolution over {rank} axes"))),
    }
}

fn four(tensor: &Tensor) -> Result<[usize; 4], Fault> {
    tensor.dims().try_into().map_err(|_| Fault::unsupported(format!("a map of {} axes", tensor.rank())))
}
