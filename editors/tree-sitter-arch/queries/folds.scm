[
  (body)
  (declared_body)
  (merge)
  (list)
] @fold
