// Gaps: methods used for a task that no paper tested on a dataset which measures that task, likeliest first.
//
// in   task: concept             task, as id, name or alias
// in   min_papers: integer = 1   fewest papers that name the method
// in   limit: integer = 30       most rows to return
// out  method: string            name of the method
// out  method_id: string         its id
// out  dataset: string           name of the dataset it was not tested on
// out  dataset_id: string        its id
// out  method_papers: integer    papers that name the method
// out  dataset_papers: integer   papers that name the dataset
MATCH (t:Concept {id: $task})<-[:BENCHMARK_FOR]-(d:Dataset)
MATCH (t)<-[:USED_FOR]-(m:Method)
WHERE m.papers >= $min_papers AND NOT EXISTS { MATCH (m)-[:EVALUATED_WITH]->(d) }
RETURN m.name AS method, m.id AS method_id, d.name AS dataset, d.id AS dataset_id,
       m.papers AS method_papers, d.papers AS dataset_papers
ORDER BY method_papers DESC, dataset_papers DESC, method_id, dataset_id
LIMIT $limit
