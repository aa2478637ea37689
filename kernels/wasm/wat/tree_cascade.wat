;; One stage of a cascade of regression trees: for every tree, every face walks down to a leaf, and the
;; leaf is added to its points. Tree by tree, so that a tree's leaves stay in the cache for all faces;
;; sums are of f32 in the order of the trees, which makes them dlib's own.
;;
;; All addresses are in bytes:
;;   shapes      f32 [faces, 136]             points as shares of the boxes; read and written
;;   values      u8  [faces, features]        brightness at the stage's features
;;   pairs       u32 [trees, splits]          two features of a split, the first in the low 16 bits
;;   thresholds  f32 [trees, splits]          left where the first feature exceeds the second by more
;;   leaves      f32 [trees, splits + 1, 136]
;;
;; The memory is shared: all threads read one model, and each has shapes and values of its own.
;; `deno task wat` makes tree_cascade.wasm of this.
(module
  (import "cascade" "memory" (memory 1 65536 shared))
  (func (export "add_leaves")
    (param $shapes i32) (param $values i32) (param $faces i32) (param $features i32)
    (param $pairs i32) (param $thresholds i32) (param $leaves i32)
    (param $trees i32) (param $splits i32)
    (local $face i32) (local $shape i32) (local $value i32)
    (local $node i32) (local $pair i32) (local $leaf i32) (local $end i32)
    (loop $tree
      (local.set $face (local.get $faces))
      (local.set $shape (local.get $shapes))
      (local.set $value (local.get $values))
      (loop $next_face
        (local.set $node (i32.const 0))
        (loop $descend
          (local.set $pair
            (i32.load (i32.add (local.get $pairs) (i32.shl (local.get $node) (i32.const 2)))))
          ;; node = 2·node + 2, less 1 to the left
          (local.set $node
            (i32.sub
              (i32.add (i32.shl (local.get $node) (i32.const 1)) (i32.const 2))
              (f32.gt
                (f32.convert_i32_s
                  (i32.sub
                    (i32.load8_u
                      (i32.add (local.get $value) (i32.and (local.get $pair) (i32.const 0xffff))))
                    (i32.load8_u
                      (i32.add (local.get $value) (i32.shr_u (local.get $pair) (i32.const 16))))))
                (f32.load
                  (i32.add (local.get $thresholds) (i32.shl (local.get $node) (i32.const 2)))))))
          (br_if $descend (i32.lt_u (local.get $node) (local.get $splits))))
        (local.set $leaf
          (i32.add
            (local.get $leaves)
            (i32.mul (i32.sub (local.get $node) (local.get $splits)) (i32.const 544))))
        (local.set $end (i32.add (local.get $shape) (i32.const 544)))
        ;; 17 times two vectors of four
        (loop $add
          (v128.store (local.get $shape)
            (f32x4.add (v128.load (local.get $shape)) (v128.load (local.get $leaf))))
          (v128.store offset=16 (local.get $shape)
            (f32x4.add
              (v128.load offset=16 (local.get $shape)) (v128.load offset=16 (local.get $leaf))))
          (local.set $leaf (i32.add (local.get $leaf) (i32.const 32)))
          (local.set $shape (i32.add (local.get $shape) (i32.const 32)))
          (br_if $add (i32.lt_u (local.get $shape) (local.get $end))))
        (local.set $value (i32.add (local.get $value) (local.get $features)))
        (local.set $face (i32.sub (local.get $face) (i32.const 1)))
        (br_if $next_face (local.get $face)))
      (local.set $pairs (i32.add (local.get $pairs) (i32.shl (local.get $splits) (i32.const 2))))
      (local.set $thresholds
        (i32.add (local.get $thresholds) (i32.shl (local.get $splits) (i32.const 2))))
      (local.set $leaves
        (i32.add
          (local.get $leaves)
          (i32.mul (i32.add (local.get $splits) (i32.const 1)) (i32.const 544))))
      (local.set $trees (i32.sub (local.get $trees) (i32.const 1)))
      (br_if $tree (local.get $trees)))))
