[
  (body)
  (declared_body)
  (merge)
  (list)
  (arguments)
  (parameters)
] @indent

["}" "]" ")"] @outdent
