;; Batch normalisation in training, four channels at once, on the memory in which tfjs keeps tensors. The
;; steps between these sweeps (means, factors) are of one number a channel and are made in TypeScript.
;;
;; All addresses are in bytes. x, y, dy and dx are f32 [rows, channels], channels a multiple of 4; what
;; has a number for each channel is f32 [channels], sums are f64 [channels] and added to.
;; `deno task wat` makes batch_norm.wasm of this.
(module
  (import "heap" "memory" (memory 1))

  ;; *sums += x, channel by channel: two of four channels at an f64 pair each.
  (func $accumulate (param $sums i32) (param $x v128)
    (v128.store (local.get $sums)
      (f64x2.add (v128.load (local.get $sums)) (f64x2.promote_low_f32x4 (local.get $x))))
    (v128.store offset=16 (local.get $sums)
      (f64x2.add
        (v128.load offset=16 (local.get $sums))
        (f64x2.promote_low_f32x4
          (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $x) (local.get $x))))))

  ;; sums += x
  (func (export "sum") (param $x i32) (param $sums i32) (param $rows i32) (param $channels i32)
    (local $c i32)
    (loop $row
      (local.set $c (i32.const 0))
      (loop $four
        (call $accumulate
          (i32.add (local.get $sums) (i32.shl (local.get $c) (i32.const 3)))
          (v128.load (local.get $x)))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $c (i32.add (local.get $c) (i32.const 4)))
        (br_if $four (i32.lt_u (local.get $c) (local.get $channels))))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $row (local.get $rows))))

  ;; sums += (x - mean)²
  (func (export "squares")
    (param $x i32) (param $mean i32) (param $sums i32) (param $rows i32) (param $channels i32)
    (local $c i32) (local $d v128)
    (loop $row
      (local.set $c (i32.const 0))
      (loop $four
        (local.set $d
          (f32x4.sub
            (v128.load (local.get $x))
            (v128.load (i32.add (local.get $mean) (i32.shl (local.get $c) (i32.const 2))))))
        (call $accumulate
          (i32.add (local.get $sums) (i32.shl (local.get $c) (i32.const 3)))
          (f32x4.mul (local.get $d) (local.get $d)))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $c (i32.add (local.get $c) (i32.const 4)))
        (br_if $four (i32.lt_u (local.get $c) (local.get $channels))))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $row (local.get $rows))))

  ;; y = max((x - mean) · factor + shift, least)
  (func (export "normalise")
    (param $x i32) (param $mean i32) (param $factor i32) (param $shift i32) (param $y i32)
    (param $rows i32) (param $channels i32) (param $least f32)
    (local $c i32) (local $at i32) (local $floor v128)
    (local.set $floor (f32x4.splat (local.get $least)))
    (loop $row
      (local.set $c (i32.const 0))
      (loop $four
        (local.set $at (i32.shl (local.get $c) (i32.const 2)))
        (v128.store (local.get $y)
          (f32x4.max (local.get $floor)
            (f32x4.add
              (f32x4.mul
                (f32x4.sub
                  (v128.load (local.get $x))
                  (v128.load (i32.add (local.get $mean) (local.get $at))))
                (v128.load (i32.add (local.get $factor) (local.get $at))))
              (v128.load (i32.add (local.get $shift) (local.get $at))))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (local.set $c (i32.add (local.get $c) (i32.const 4)))
        (br_if $four (i32.lt_u (local.get $c) (local.get $channels))))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $row (local.get $rows))))

  ;; plain += dy, scaled += dy · (x - mean), where y > least
  (func (export "grad_sums")
    (param $x i32) (param $y i32) (param $dy i32) (param $mean i32)
    (param $plain i32) (param $scaled i32) (param $rows i32) (param $channels i32)
    (param $least f32)
    (local $c i32) (local $d v128) (local $floor v128)
    (local.set $floor (f32x4.splat (local.get $least)))
    (loop $row
      (local.set $c (i32.const 0))
      (loop $four
        (local.set $d
          (v128.and
            (v128.load (local.get $dy))
            (f32x4.gt (v128.load (local.get $y)) (local.get $floor))))
        (call $accumulate
          (i32.add (local.get $plain) (i32.shl (local.get $c) (i32.const 3))) (local.get $d))
        (call $accumulate
          (i32.add (local.get $scaled) (i32.shl (local.get $c) (i32.const 3)))
          (f32x4.mul
            (local.get $d)
            (f32x4.sub
              (v128.load (local.get $x))
              (v128.load (i32.add (local.get $mean) (i32.shl (local.get $c) (i32.const 2)))))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (local.set $dy (i32.add (local.get $dy) (i32.const 16)))
        (local.set $c (i32.add (local.get $c) (i32.const 4)))
        (br_if $four (i32.lt_u (local.get $c) (local.get $channels))))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $row (local.get $rows))))

  ;; dx = dy · factor, where y > least, + (x - mean) · slope + constant
  (func (export "grad")
    (param $x i32) (param $y i32) (param $dy i32) (param $mean i32)
    (param $factor i32) (param $slope i32) (param $constant i32) (param $dx i32)
    (param $rows i32) (param $channels i32) (param $least f32)
    (local $c i32) (local $at i32) (local $floor v128)
    (local.set $floor (f32x4.splat (local.get $least)))
    (loop $row
      (local.set $c (i32.const 0))
      (loop $four
        (local.set $at (i32.shl (local.get $c) (i32.const 2)))
        (v128.store (local.get $dx)
          (f32x4.add
            (f32x4.mul
              (v128.and
                (v128.load (local.get $dy))
                (f32x4.gt (v128.load (local.get $y)) (local.get $floor)))
              (v128.load (i32.add (local.get $factor) (local.get $at))))
            (f32x4.add
              (f32x4.mul
                (f32x4.sub
                  (v128.load (local.get $x))
                  (v128.load (i32.add (local.get $mean) (local.get $at))))
                (v128.load (i32.add (local.get $slope) (local.get $at))))
              (v128.load (i32.add (local.get $constant) (local.get $at))))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (local.set $y (i32.add (local.get $y) (i32.const 16)))
        (local.set $dy (i32.add (local.get $dy) (i32.const 16)))
        (local.set $dx (i32.add (local.get $dx) (i32.const 16)))
        (local.set $c (i32.add (local.get $c) (i32.const 4)))
        (br_if $four (i32.lt_u (local.get $c) (local.get $channels))))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $row (local.get $rows)))))
