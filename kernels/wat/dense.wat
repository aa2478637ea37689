;; The gradient of a dense layer's input on the memory in which tfjs keeps tensors:
;;
;;   dx [rows, inputs] = dy [rows, outputs] · wᵀ, w f32 [inputs, outputs], outputs a multiple of 4
;;
;; A row of w is read once and used for all rows of dy, which stay in the cache. Addresses in bytes.
;; `deno task wat` makes dense.wasm of this.
(module
  (import "heap" "memory" (memory 1))
  (func (export "dense_input_grad")
    (param $dy i32) (param $w i32) (param $dx i32)
    (param $rows i32) (param $inputs i32) (param $outputs i32)
    (local $input i32) (local $row i32) (local $d i32) (local $n i32) (local $sum v128)
    (local $length i32)
    (local.set $length (i32.shl (local.get $outputs) (i32.const 2)))
    (loop $next_input
      (local.set $d (local.get $dy))
      (local.set $row (i32.const 0))
      (loop $next_row
        (local.set $sum (v128.const i32x4 0 0 0 0))
        (local.set $n (i32.const 0))
        (loop $four
          (local.set $sum
            (f32x4.relaxed_madd
              (v128.load (i32.add (local.get $d) (local.get $n)))
              (v128.load (i32.add (local.get $w) (local.get $n)))
              (local.get $sum)))
          (local.set $n (i32.add (local.get $n) (i32.const 16)))
          (br_if $four (i32.lt_u (local.get $n) (local.get $length))))
        (local.set $sum
          (f32x4.add (local.get $sum)
            (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $sum) (local.get $sum))))
        (f32.store
          (i32.add (local.get $dx)
            (i32.shl
              (i32.add (i32.mul (local.get $row) (local.get $inputs)) (local.get $input))
              (i32.const 2)))
          (f32.add
            (f32x4.extract_lane 0 (local.get $sum)) (f32x4.extract_lane 1 (local.get $sum))))
        (local.set $d (i32.add (local.get $d) (local.get $length)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br_if $next_row (i32.lt_u (local.get $row) (local.get $rows))))
      (local.set $w (i32.add (local.get $w) (local.get $length)))
      (local.set $input (i32.add (local.get $input) (i32.const 1)))
      (br_if $next_input (i32.lt_u (local.get $input) (local.get $inputs))))))
