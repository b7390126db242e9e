// The datasets that a method was tested on or trained on, best supported first.
//
// in   concept: concept          method, as id, name or alias
// in   limit: integer = 50       most rows to return
// out  id: string                id of the dataset
// out  name: string              its name
// out  relation: string          EVALUATED_WITH or TRAINED_WITH
// out  papers: integer           papers that say so
// out  confidence: float         how sure it is, in [0, 1]
// out  sentence: string          a sentence that says so
MATCH (m:Concept {id: $concept})-[r:EVALUATED_WITH|TRAINED_WITH]->(d:Dataset)
RETURN d.id AS id, d.name AS name, type(r) AS relation,
       r.papers AS papers, r.confidence AS confidence, r.sentences[0] AS sentence
ORDER BY papers DESC, confidence DESC, id, relation
LIMIT $limit
