// The datasets that measure or serve a task, and how many methods were tested on each, best supported first.
//
// in   task: concept             task, as id, name or alias
// in   limit: integer = 30       most rows to return
// out  id: string                id of the dataset
// out  name: string              its name
// out  papers: integer           papers that say it serves the task
// out  confidence: float         how sure it is, in [0, 1]
// out  methods: integer          methods that were tested on it
// out  sentence: string          a sentence that says so
MATCH (t:Concept {id: $task})<-[r:BENCHMARK_FOR]-(d:Dataset)
OPTIONAL MATCH (d)<-[:EVALUATED_WITH]-(m:Method)
WITH d, r, count(DISTINCT m) AS methods
RETURN d.id AS id, d.name AS name, r.papers AS papers, r.confidence AS confidence, methods, r.sentences[0] AS sentence
ORDER BY papers DESC, methods DESC, confidence DESC, id
LIMIT $limit
